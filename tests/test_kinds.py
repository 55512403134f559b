"""The table of kinds of input, and what follows from it: parsers, probes, the schemas of reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from freshlayer.probe import PROTOCOLS
from freshlayer.reference import KINDS, Kind, kind_of, scheme_of

SCHEMAS = Path(__file__).parents[1] / "docs" / "schema"
NAMES = [kind.name for kind in KINDS]


def kinds_in(schema: Any) -> Iterator[list[str]]:
    """Every enum of a property that is called ``kind`` and that names inputs."""
    if isinstance(schema, list):
        for item in schema:
            yield from kinds_in(item)
    elif isinstance(schema, dict):
        values = schema.get("kind", {}).get("enum", []) if isinstance(schema.get("kind"), dict) else []
        if "http" in values:
            yield values
        for item in schema.values():
            yield from kinds_in(item)


@pytest.mark.parametrize("name", ["check", "inputs"])
def test_the_schemas_name_the_kinds_of_the_table(name: str) -> None:
    found = list(kinds_in(json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))))
    assert found
    assert all(values == NAMES for values in found)


def test_no_name_and_no_scheme_is_in_the_table_twice() -> None:
    schemes = [scheme for kind in KINDS for scheme in kind.schemes]
    assert len(set(NAMES)) == len(NAMES)
    assert len(set(schemes)) == len(schemes)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_every_row_has_its_parser_and_its_probe(kind: Kind) -> None:
    assert callable(import_module(f"freshlayer.probe.{PROTOCOLS[kind.name]}").probe)
    for scheme in kind.schemes:
        reference = kind.read(f"{scheme}https://e.org/a" if scheme.endswith("+") else f"{scheme}://eorg/a/b")
        assert reference.kind == kind.name
        assert kind_of(scheme_of(reference.text)) is kind


@pytest.mark.parametrize("scheme", ["", "svn+https", "s3+https", "https+git", "git", "HTTP2"])
def test_other_schemes_have_no_row(scheme: str) -> None:
    assert kind_of(scheme) is None
