"""``--format text``: lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import IO, TextIO, cast

from freshlayer.model.report import Report
from freshlayer.report.formats.base import ProbeResults, ReportKind, ReportWriter, Style
from freshlayer.report.groups import coverage_text, input_lines
from freshlayer.report.terminal import show
from freshlayer.report.text import Line, build_lines, check_lines, probe_lines


def writer(stream: IO[str], style: Style) -> ReportWriter:
    """A writer of lines."""
    return _Lines(stream, style)


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """The evidence of each reference, and the identity."""
    show(probe_lines(list(results)), cast("TextIO", stream))


class _Lines:
    def __init__(self, stream: IO[str], style: Style) -> None:
        self._stream = cast("TextIO", stream)
        self._style = style

    def add(self, report: Report, name: str = "") -> None:
        place = f"{name}: " if name else ""
        prefix = f"freshlayer: {place}" if self._style.kind is ReportKind.BUILD else place
        show(_lines(report, self._style), self._stream, prefix)

    def end(self) -> None:
        """There is nothing after the last report."""


def _lines(report: Report, style: Style) -> Iterable[Line]:
    if style.kind is ReportKind.INPUTS:
        return input_lines(report)
    if style.kind is ReportKind.BUILD:
        brief = build_lines(report)
        return chain(check_lines(report, every=True), brief) if style.every else brief
    if style.explain:
        from freshlayer.report.story import story_lines  # noqa: PLC0415 - of --explain

        return story_lines(report, style.explain)
    covered = coverage_text(report)
    return chain(check_lines(report, every=style.every), [("dim", f"  {covered}")] if covered else [])
