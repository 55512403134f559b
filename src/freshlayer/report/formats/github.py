"""``--format github``: workflow commands that GitHub Actions shows beside the lines of a change."""

from __future__ import annotations

from typing import IO

from freshlayer.model.report import Report
from freshlayer.report.findings import Finding, Level, findings
from freshlayer.report.formats.base import ProbeResults, ReportWriter, Style
from freshlayer.report.groups import uncovered_text
from freshlayer.report.relative_path import relative_path
from freshlayer.report.terminal import plain

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def writer(stream: IO[str], style: Style) -> ReportWriter:  # noqa: ARG001 - as the Protocol has it
    """A writer of one annotation for each finding."""
    return _Annotations(stream)


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """A warning for each reference without a usable answer, a notice for each other one."""
    for _, verdict in results:
        level = Level.NOTE if verdict.is_observed else Level.WARNING
        text = f"{verdict.reference}: {verdict.reason}; identity {verdict.identity or 'none'}"
        stream.write(_command(level, {"title": f"freshlayer: {verdict.change}"}, text))
    stream.flush()


class _Annotations:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def add(self, report: Report, name: str = "") -> None:
        for finding in findings(report):
            if not finding.accepted:
                self._stream.write(_annotation(report, finding, name))
        if coverage := uncovered_text(report):
            about = f"{name}: " if name else ""
            text = f"{report.dockerfile}: {coverage}"
            self._stream.write(_command(Level.NOTE, {"title": f"freshlayer: {about}coverage"}, text))

    def end(self) -> None:
        self._stream.flush()


def _annotation(report: Report, finding: Finding, name: str) -> str:
    place = {"file": relative_path(report.dockerfile)} if report.in_file else {}
    if finding.line and report.in_file:
        place |= {"line": str(finding.line), "endLine": str(finding.end_line)}
    about = f"{name}: " if name else ""
    where = "" if report.in_file else f"{report.dockerfile}:{finding.line}: "
    title = f"freshlayer: {about}{finding.title}"
    return _command(finding.level, {**place, "title": title}, f"{where}{finding.text}")


def _command(level: Level, properties: dict[str, str], text: str) -> str:
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[level]} {named}::{_data(text)}\n"


def _data(text: str) -> str:
    """As the runner reads it: only ``%`` has a meaning in a line without control characters."""
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
