"""Every JSON document is as its published schema says."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from testing.command import Freshlayer
from testing.misbehaving import MisbehavingOrigin, redirect

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


def validator(name: str) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    docker = tmp_path / "docker"
    docker.write_text(f"#!{sys.executable}\n")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "DOCKER_BUILDKIT": "0"}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


def test_the_documents_of_check_inputs_probe_and_build(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    with (
        MisbehavingOrigin("steady") as steady,
        MisbehavingOrigin("401") as closed,
        MisbehavingOrigin("no validators") as bare,
        MisbehavingOrigin(redirect("http://127.0.0.1:1/")) as away,
    ):
        urls = [steady.url, closed.url, bare.url, away.url]
        (project / "Dockerfile").write_text(
            "FROM scratch AS s\n"
            + "".join(f"RUN wget {url}\n" for url in urls)
            + "FROM s\nADD http://127.0.0.1:1/ /\n"
            "RUN apt-get update && curl $UNKNOWN\n"
        )
        report = tmp_path / "report.json"
        for _ in range(2):
            validator("check").validate(freshlayer("check", "--json", ".").document)
            validator("check").validate(freshlayer("check", "--json", "--target", "s", ".").document)
            freshlayer.but("--report", str(report))("build", "--network=host", ".")
            validator("check").validate(json.loads(report.read_text()))
        validator("inputs").validate(freshlayer("inputs", "--json", ".").document)
        validator("probe").validate(freshlayer("probe", "--json", *urls).document)


def test_a_schema_refuses_what_is_no_report() -> None:
    assert not validator("check").is_valid({"version": 1})
    assert not validator("inputs").is_valid({"version": 2})
    assert not validator("check").is_valid({"version": 1, "dockerfiles": [{}]})
    assert not validator("probe").is_valid({"version": 1, "references": [{}]})


def test_several_contexts_make_one_document(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    document = freshlayer("inputs", "--json", ".", ".").document
    assert document["version"] == 1
    validator("inputs").validate(document)


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_recursive_check_of_any_number(
    freshlayer: Freshlayer, project: Path, tmp_path: Path, lines: int
) -> None:
    for number in range(lines):
        (project / str(number)).mkdir()
        (project / str(number) / "Dockerfile").write_text(f"FROM scratch\nRUN luarocks install x{number}\n")
    report = tmp_path / "report.json"
    document = freshlayer.but("--report", str(report))("check", "--recursive", "--json", ".").document
    validator("check").validate(document)
    assert json.loads(report.read_text()) == document
    assert len(document["dockerfiles"]) == lines
