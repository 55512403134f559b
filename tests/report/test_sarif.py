"""``--format sarif``.

The published schema has 136 kB and is in no maintained package, so the part of it that a log of ours uses is
written here: the same names, types and required properties, and no other property anywhere. URIs and levels
are as the specification has them (SARIF 2.1.0, OASIS standard).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from freshlayer import __version__
from freshlayer.model.all_reasons import REASONS
from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.terminal import plain
from testing.command import Freshlayer
from testing.reports import HOSTILE, hostile_probe, hostile_report, probe_written, written


def closed(required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with these properties and no other."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def some(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "uniqueItems": True}


TEXT = {"type": "string", "minLength": 1}
MESSAGE = closed("text", text=TEXT)
LINE = {"type": "integer", "minimum": 1}
URI = {"type": "string", "pattern": r"^(file:///)?([A-Za-z0-9_.~/-]|%[0-9A-F]{2})+$"}
RULE = closed("id shortDescription help", id=TEXT, shortDescription=MESSAGE, help=MESSAGE)
REGION = closed("startLine endLine", startLine=LINE, endLine=LINE)
PHYSICAL = closed("artifactLocation", artifactLocation=closed("uri", uri=URI), region=REGION)
RESULT = closed(
    "ruleId ruleIndex level message",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    kind={"enum": ["informational"]},
    message=MESSAGE,
    locations=some(closed("physicalLocation", physicalLocation=PHYSICAL)),
    suppressions=some(closed("kind", kind={"enum": ["inSource", "external"]})),
)
DRIVER = closed("name version rules", name=TEXT, version=TEXT, rules=some(RULE))
COUNT = {"type": "integer", "minimum": 0}
FIGURES = closed("dockerfile runs covered", dockerfile=TEXT, name=TEXT, runs=COUNT, covered=COUNT)
RUN = closed(
    "tool results columnKind",
    properties=closed("coverage", coverage={"type": "array", "items": FIGURES}),
    tool=closed("driver", driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
LOG = closed(
    "$schema version runs",
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": some(RUN)},
)


def run_of(text: str) -> dict[str, Any]:
    """The run of a log, which is valid, and whose results name its rules."""
    log = json.loads(text)
    Draft202012Validator(LOG).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [result["ruleId"] for result in run["results"]] == [
        rules[result["ruleIndex"]]["id"] for result in run["results"]
    ]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert {rule["id"] for rule in rules} == {result["ruleId"] for result in run["results"]}
    for rule in rules:
        meaning, hint = REASONS[rule["id"]]
        assert rule["shortDescription"]["text"].lower() == f"{meaning.lower()}."
        assert hint in rule["help"]["text"]
    assert run["tool"]["driver"]["version"] == __version__
    found: dict[str, Any] = run
    return found


def test_the_findings_of_several_reports_are_one_run() -> None:
    reports = [("", hostile_report()), ("web", hostile_report())]
    run = run_of(written("sarif", Style(ReportKind.BUILD, several=True), reports))
    levels = [result["level"] for result in run["results"]]
    assert levels == ["error", "warning", "warning", "warning", "note", "warning", "note"] * 2
    for result in run["results"]:
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri) == os.path.normpath(HOSTILE)
    regions = [result["locations"][0]["physicalLocation"].get("region") for result in run["results"]]
    assert regions[:4] == [None, None, {"startLine": 2, "endLine": 3}, {"startLine": 2, "endLine": 3}]
    assert sum(plain(HOSTILE) in result["message"]["text"] for result in run["results"]) == 10
    assert run["results"][7]["message"]["text"].startswith("web: build failed: ")


def test_what_the_dockerfile_accepts_is_suppressed_in_source() -> None:
    report = hostile_report()
    accepted = tuple(replace(item, accepted=True) for item in report.not_watched[:1])
    run = run_of(written("sarif", Style(ReportKind.INPUTS), [("", replace(report, not_watched=accepted))]))
    assert [r["level"] for r in run["results"] if r.get("suppressions") == [{"kind": "inSource"}]] == ["note"]


def test_a_dockerfile_that_is_no_file_is_named_in_the_message() -> None:
    report = replace(hostile_report(), in_file=False)
    run = run_of(written("sarif", Style(ReportKind.CHECK), [("", report)]))
    assert not any("locations" in result for result in run["results"])
    assert all(result["message"]["text"].startswith(plain(HOSTILE)) for result in run["results"])


def test_no_report_and_a_probe() -> None:
    assert run_of(written("sarif", Style(ReportKind.CHECK), []))["results"] == []
    (result,) = run_of(probe_written("sarif", [hostile_probe()]))["results"]
    assert (result["level"], result["kind"], result["ruleId"]) == ("none", "informational", "input-changed")


@pytest.mark.parametrize("words", [("check",), ("inputs",), ("check", "--recursive")])
def test_the_commands(tmp_path: Path, project: Path, words: tuple[str, ...]) -> None:
    (project / "a b").mkdir()
    text = "FROM scratch\nRUN curl http://127.0.0.1:1/ \\\n  && npm i x\n# freshlayer: ignore\nRUN npm i y\n"
    for name in ("Dockerfile", "a b/Dockerfile"):
        (project / name).write_text(text)
    freshlayer = Freshlayer({**os.environ, "PATH": "/nowhere"}, tmp_path / "state.sqlite3", project)
    told = freshlayer(*words, "--format", "sarif", ".")
    run = run_of(told.out)
    uris = {it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for it in run["results"]}
    assert uris == ({"Dockerfile", "a%20b/Dockerfile"} if "--recursive" in words else {"Dockerfile"})
    rules = {result["ruleId"] for result in run["results"]}
    assert ("never-built-here" in rules) == ("check" in words)
