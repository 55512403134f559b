"""``freshlayer diff`` on reports that the real command wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from freshlayer.report.difference import ChangeKind
from testing.command import Freshlayer

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "diff.json").read_text("utf-8"))
TEXT = "FROM scratch\nRUN curl -O https://e.org/a\nRUN curl -O https://e.org/b\nRUN curl -O $(date)\n"


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    (project / "Dockerfile").write_text(TEXT)
    return Freshlayer(dict(os.environ), tmp_path / "state.sqlite3", project)


@pytest.fixture
def report(freshlayer: Freshlayer) -> dict[str, Any]:
    return freshlayer("--offline", "check", "--json").document


def write(project: Path, name: str, document: object) -> str:
    (project / name).write_text(json.dumps(document))
    return name


def test_the_same_reports_are_the_same(freshlayer: Freshlayer, project: Path, report: dict[str, Any]) -> None:
    a, b = write(project, "a.json", report), write(project, "b.json", report)
    assert (freshlayer("diff", a, b).code, freshlayer("diff", a, b).out) == (0, "")
    assert freshlayer("diff", "--json", a, b).document == {"version": 1, "changes": []}
    assert "Nothing differs." in freshlayer("diff", "--format", "markdown", a, b).out


def test_lines_that_moved_are_no_difference(freshlayer: Freshlayer, project: Path) -> None:
    before = write(project, "a.json", freshlayer("inputs", "--json").document)
    (project / "Dockerfile").write_text(f"# a comment\n\n{TEXT}")
    after = write(project, "b.json", freshlayer("inputs", "--json").document)
    assert freshlayer("diff", before, after).out == ""


def test_each_kind_of_difference(freshlayer: Freshlayer, project: Path, report: dict[str, Any]) -> None:
    before = write(project, "a.json", report)
    changed = json.loads(json.dumps(report))
    changed["inputs"][0] |= {"identity": "etag:2", "verdict": "changed"}
    del changed["inputs"][1]
    changed["inputs"].append(report["inputs"][0] | {"reference": "https://e.org/new"})
    changed["not_watched"][0]["text"] = "curl other"
    found = freshlayer("diff", "--json", before, write(project, "b.json", changed))
    jsonschema.validate(found.document, SCHEMA)
    kinds = [change["kind"] for change in found.document["changes"]]
    assert found.code == 1
    assert kinds == [
        "identity",
        "verdict",
        "input-added",
        "input-removed",
        "not-watched-added",
        "not-watched-removed",
    ]
    text = freshlayer("diff", before, "b.json").out
    assert "Dockerfile:2: https://e.org/a: identity none → etag:2\n" in text
    assert "Dockerfile:3: https://e.org/b: input removed\n" in text
    assert "| `Dockerfile:2` | `https://e.org/a` | `identity none → etag:2` |" in (
        freshlayer("diff", "--format", "markdown", before, "b.json").out
    )


def test_states_of_instructions_that_moved(
    freshlayer: Freshlayer, project: Path, report: dict[str, Any]
) -> None:
    before = write(project, "a.json", report)
    (project / "Dockerfile").write_text(
        TEXT.replace("RUN curl -O https://e.org/b", "RUN true\nRUN curl -O https://e.org/b")
    )
    after = freshlayer("--offline", "check", "--json").document
    [moved] = [item for item in after["instructions"] if item["line"] == 4]
    was, moved["state"] = moved["state"], "fresh"
    changes = freshlayer("diff", "--json", before, write(project, "b.json", after)).document["changes"]
    [state] = [change for change in changes if change["kind"] == "state"]
    assert (state["line"], state["before"], state["after"]) == (4, was, "fresh")


def test_several_dockerfiles(freshlayer: Freshlayer, project: Path) -> None:
    (project / "web").mkdir()
    one = write(project, "a.json", freshlayer("inputs", "--json", ".", ".").document)
    (project / "web" / "Dockerfile").write_text(TEXT)
    two = write(project, "b.json", freshlayer("inputs", "--json", ".", "web").document)
    assert freshlayer("diff", one, two).out == "web/Dockerfile: dockerfile added\n"
    assert freshlayer("diff", two, one).out == "web/Dockerfile: dockerfile removed\n"


def test_standard_input_is_a_report(freshlayer: Freshlayer, project: Path, report: dict[str, Any]) -> None:
    a = write(project, "a.json", report)
    assert freshlayer("diff", a, "-", given=json.dumps(report).encode()).code == 0
    assert freshlayer("diff", "-", "-").code == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"version": 2, "dockerfiles": []}', b"{}{"],
)
def test_what_is_not_a_report_is_refused(freshlayer: Freshlayer, project: Path, content: bytes) -> None:
    (project / "a.json").write_bytes(content)
    found = freshlayer("diff", "a.json", "a.json")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("freshlayer: a.json: ")
    assert freshlayer("diff", "missing", "a.json").code == 2


def test_the_schema_has_every_kind() -> None:
    kinds = SCHEMA["properties"]["changes"]["items"]["properties"]["kind"]["enum"]
    assert kinds == [kind.value for kind in ChangeKind]
