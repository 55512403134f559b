"""``freshlayer state``: what is recorded is listed and removed by the real command."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace

from freshlayer.model.build import Built, LastBuild
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Recorded
from freshlayer.reference import parse
from freshlayer.state import BuildRecord, BuiltRecord, HistoryRecord, Scope, SqliteStore
from testing.command import Freshlayer

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "https://example.org/a", "https://old.example.org/b"


def _fail(message: str) -> None:
    raise AssertionError(message)


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    store = SqliteStore(tmp_path / "state.sqlite3", _fail)
    for name, text in (("Dockerfile", FIRST), ("web/Dockerfile", SECOND)):
        path = os.path.realpath(project / name)
        reference = parse(text)
        recorded = Recorded.of(Identity("etag", "1", Strength.STRONG))
        store.record_build(
            BuildRecord(
                scope=Scope(path, "linux/amd64", "buildkit", "engine"),
                at=1_700_000_000,
                observations={reference: replace(recorded, full_answer=None)},
                built=[BuiltRecord("0", "digest", Built(((text, "etag:1"),), "key"), "chain")],
                last_builds=[HistoryRecord("0", "digest", LastBuild("chain", ("key",), 1.0, 1_700_000_000))],
            )
        )
    store.close()
    return Freshlayer(dict(os.environ), tmp_path / "state.sqlite3", project)


def test_what_is_recorded_is_listed(freshlayer: Freshlayer, project: Path) -> None:
    found = freshlayer("state", "ls")
    assert (found.code, found.err) == (0, "")
    assert "2 Dockerfiles" in found.out
    assert f"built 2023-11-14 22:13:20Z  1 instruction  {project}/web/Dockerfile" in found.out
    assert f"probed 2023-11-14 22:13:20Z  {FIRST}" in found.out
    assert "and 1 more" in freshlayer("state", "ls", "-n", "1").out
    assert SECOND not in freshlayer("state", "ls", "https://example.org/*").out
    assert "web/Dockerfile" in freshlayer("state", "ls", "web/*").out


def test_the_document_follows_its_schema(freshlayer: Freshlayer) -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "state.json").read_text("utf-8"))
    document = freshlayer("state", "ls", "--json").document
    jsonschema.validate(document, schema)
    assert document["size"] == freshlayer.state.stat().st_size
    assert [item["reference"] for item in document["references"]] == [FIRST, SECOND]


@pytest.mark.parametrize("subject", [SECOND, "https://old.*", "HTTPS://OLD.example.org:443/b"])
def test_a_reference_is_forgotten(freshlayer: Freshlayer, subject: str) -> None:
    dry = freshlayer("state", "forget", "--dry-run", subject)
    assert (dry.code, dry.out) == (0, f"{SECOND}: would be removed\n")
    assert freshlayer("state", "forget", subject).out == f"{SECOND}: removed\n"
    assert SECOND not in freshlayer("state", "ls").out
    assert FIRST in freshlayer("state", "ls").out
    again = freshlayer("state", "forget", subject)
    assert (again.code, again.out) == (2, "")
    assert "nothing is recorded of it" in again.err


@pytest.mark.parametrize("subject", ["web/Dockerfile", "web/*"])
def test_a_dockerfile_is_forgotten(freshlayer: Freshlayer, project: Path, subject: str) -> None:
    assert freshlayer("state", "forget", subject).out == f"{project}/web/Dockerfile: removed\n"
    rest = freshlayer("state", "ls").out
    assert ("1 Dockerfile\n" in rest, "web/Dockerfile" in rest) == (True, False)


def test_the_bytes_of_what_is_forgotten_are_gone(freshlayer: Freshlayer) -> None:
    assert b"old.example.org" in freshlayer.state.read_bytes()
    assert freshlayer("state", "forget", "https://old.*", "*/web/Dockerfile").code == 0
    assert b"old.example.org" not in freshlayer.state.read_bytes()
    assert sqlite3.connect(freshlayer.state).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_copies_with_older_records_are_named(freshlayer: Freshlayer) -> None:
    copy = freshlayer.state.with_name(f"{freshlayer.state.name}.version-5")
    copy.write_bytes(b"")
    assert f"{copy}: this copy still holds older records" in freshlayer("state", "forget", "*").err


def test_without_a_state_file_none_is_made(freshlayer: Freshlayer, tmp_path: Path) -> None:
    none = tmp_path / "none"
    found = freshlayer.but(state=none)("state", "ls")
    assert (found.code, none.exists()) == (2, False)
