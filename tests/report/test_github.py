"""``--format github``: read again as the runner of GitHub Actions reads a line."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.terminal import plain
from testing.command import Freshlayer
from testing.reports import HOSTILE, hostile_probe, hostile_report, probe_written, written

_COMMAND = re.compile(r"::(?P<name>[a-z]+) (?P<properties>[^:]*)::(?P<data>.*)")


def annotation(line: str) -> tuple[str, dict[str, str], str]:
    """Name, properties and message, unescaped as actions/runner does it (ActionCommand.cs)."""
    found = _COMMAND.fullmatch(line)
    assert found, line
    properties = dict(pair.split("=", 1) for pair in found["properties"].split(","))
    return (
        found["name"],
        {k: unescaped(v, "\r\n:,%") for k, v in properties.items()},
        unescaped(found["data"], "\r\n%"),
    )


def unescaped(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def test_each_finding_is_one_line_whatever_it_holds() -> None:
    lines = written("github", Style(ReportKind.BUILD), [("", hostile_report())]).splitlines()
    read = [annotation(line) for line in lines]
    named = [(name, properties["title"], properties.get("line")) for name, properties, _ in read]
    assert named == [
        ("error", "freshlayer: build failed", None),
        ("warning", "freshlayer: changed during the build", None),
        ("warning", "freshlayer: stale", "2"),
        ("warning", "freshlayer: absent input", "2"),
        ("notice", "freshlayer: not watched", "5"),
        ("warning", "freshlayer: may not update", "6"),
        ("notice", "freshlayer: advice", "7"),
    ]
    assert {properties["file"] for _, properties, _ in read} == {os.path.normpath(plain(HOSTILE))}
    assert sum(plain(HOSTILE) in text for _, _, text in read) == 5
    assert read[2][1]["endLine"] == "3"


def test_a_dockerfile_that_is_no_file_and_a_target() -> None:
    report = replace(hostile_report(), in_file=False)
    for line in written("github", Style(ReportKind.CHECK), [("web", report)]).splitlines():
        _, properties, text = annotation(line)
        assert properties.keys() == {"title"}
        assert properties["title"].startswith("freshlayer: web: ")
        assert text.startswith(f"{plain(HOSTILE)}:")


def test_a_probe() -> None:
    (line,) = probe_written("github", [hostile_probe()]).splitlines()
    name, properties, text = annotation(line)
    assert (name, properties) == ("notice", {"title": "freshlayer: unchanged"})
    assert text.startswith(f"https://example.org/a: {plain(HOSTILE)}; identity etag:")


@pytest.mark.parametrize("named", ["absolute", "relative", "with dots"])
def test_files_are_named_from_the_working_directory(project: Path, tmp_path: Path, named: str) -> None:
    (project / "a").mkdir()
    (project / "a" / "Dockerfile").write_text("FROM scratch\nRUN curl http://127.0.0.1:1/ \\\n  -o /x\n")
    freshlayer = Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)
    context = {"absolute": str(project / "a"), "relative": "a", "with dots": "./a/../a"}[named]
    told = freshlayer("check", "--format", "github", context)
    assert [annotation(line)[1] for line in told.out.splitlines()] == [
        {"file": "a/Dockerfile", "line": "2", "endLine": "3", "title": f"freshlayer: {title}"}
        for title in ("stale", "unknown input")
    ]
