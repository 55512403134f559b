"""``--format sarif``: a log of SARIF 2.1.0 with one run, for services that keep findings."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import IO, Any
from urllib.parse import quote

from msgspec.structs import asdict

from freshlayer import __version__
from freshlayer.decisions.coverage import report_coverage
from freshlayer.model.reasons import hint_of, meaning_of
from freshlayer.model.report import Report
from freshlayer.report.findings import Finding, findings
from freshlayer.report.formats.base import ProbeResults, ReportWriter, Style
from freshlayer.report.relative_path import relative_path
from freshlayer.report.terminal import plain

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_UNSAFE = "/"
"""What percent-encoding leaves in a path, besides letters, digits and ``_.-~``."""

Node = dict[str, Any]


def writer(stream: IO[str], style: Style) -> ReportWriter:  # noqa: ARG001 - as the Protocol has it
    """A writer of one log. Its results wait for the end: the rules that they name come first."""
    return _Log(stream)


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """A result for each reference; those with a usable answer are no problem (``informational``)."""
    found = [
        {
            "ruleId": verdict.reason.code,
            **({"level": "none", "kind": "informational"} if verdict.is_observed else {"level": "warning"}),
            "message": {"text": plain(f"{verdict.reference}: {verdict.change}: {verdict.reason}")},
        }
        for _, verdict in results
    ]
    _write(stream, found)


class _Log:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._results: list[Node] = []
        self._coverage: list[Node] = []

    def add(self, report: Report, name: str = "") -> None:
        self._results += (_result(report, finding, name) for finding in findings(report))
        figures = asdict(report_coverage(report))
        self._coverage.append(
            {"dockerfile": report.dockerfile, **({"name": name} if name else {}), **figures}
        )

    def end(self) -> None:
        _write(self._stream, self._results, {"coverage": self._coverage})


def _write(stream: IO[str], results: list[Node], properties: Node | None = None) -> None:
    used = sorted({result["ruleId"] for result in results})
    for result in results:
        result["ruleIndex"] = used.index(result["ruleId"])
    driver = {"name": "freshlayer", "version": __version__, "rules": [_rule(rule) for rule in used]}
    run: Node = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    run |= {"properties": properties} if properties else {}
    json.dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, stream, indent=1)
    stream.write("\n")
    stream.flush()


def _rule(rule: str) -> Node:
    meaning = meaning_of(rule)
    return {
        "id": rule,
        "shortDescription": {"text": f"{meaning[0].upper()}{meaning[1:]}."},
        "help": {"text": f"What to do: {hint_of(rule)}."},
    }


def _result(report: Report, finding: Finding, name: str) -> Node:
    about = "".join(f"{part}: " for part in (name, finding.title) if part)
    place = "" if report.in_file else f"{report.dockerfile}:{finding.line}: "
    result: Node = {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": plain(f"{place}{about}{finding.text}")},
    }
    if report.in_file:
        result["locations"] = [{"physicalLocation": _location(report, finding)}]
    if finding.accepted:
        result["suppressions"] = [{"kind": "inSource"}]
    return result


def _location(report: Report, finding: Finding) -> Node:
    location: Node = {"artifactLocation": {"uri": _uri(relative_path(report.dockerfile))}}
    if finding.line:
        location["region"] = {"startLine": finding.line, "endLine": max(finding.line, finding.end_line)}
    return location


def _uri(path: str) -> str:
    encoded = quote(path, safe=_UNSAFE, errors="surrogateescape")
    return f"file://{encoded}" if PurePath(path).is_absolute() else encoded
