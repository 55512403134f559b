"""Findings of a report about lines of a Dockerfile, for the formats that annotate lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from freshlayer.decisions.frontend import moved_frontends
from freshlayer.model.build import InstructionState
from freshlayer.model.inputs import SYNTAX
from freshlayer.model.observation import Change
from freshlayer.model.report import Report
from freshlayer.model.str_enum import StrEnum
from freshlayer.report.packages import unknown_reason
from freshlayer.report.text import only_follows, via


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True):
    """One finding. ``line`` is 0 where it is about the whole Dockerfile.

    ``rule``: the code of its reason. ``accepted``: a directive of the Dockerfile accepts it.
    """

    level: Level
    rule: str
    title: str
    text: str
    line: int = 0
    end_line: int = 0
    accepted: bool = False


def findings(report: Report) -> Iterator[Finding]:
    """All findings in the order of lines; an instruction that only follows a stale one is none."""
    yield from sorted(_findings(report), key=lambda finding: finding.line)


def _findings(report: Report) -> Iterator[Finding]:
    ends = {item.line: item.end_line for item in report.instructions}
    yield from _of_the_build(report)
    yield from _stale(report)
    yield from _frontends(report)
    yield from _without_answer(report, ends)
    for item, verdict in report.unreachable_apart:
        text = f"{item.instruction}: {unknown_reason(verdict)}"
        rule = unknown_reason(verdict).code
        yield Finding(Level.WARNING, rule, "unknown input", text, item.line, item.end_line)
    for missed in report.not_watched:
        level, title = (Level.WARNING, "may not update") if missed.warns else (Level.NOTE, "not watched")
        text = f"{missed.instruction}{via(missed.script)}: {missed.text}: {missed.reason}"
        end = ends.get(missed.line, missed.line)
        yield Finding(level, missed.reason.code, title, text, missed.line, end, missed.accepted)
    for advice in report.advice:
        end = ends.get(advice.line, advice.line)
        yield Finding(Level.NOTE, advice.code, "advice", advice.text, advice.line, end)


def _of_the_build(report: Report) -> Iterator[Finding]:
    if report.exit_code:
        text = f"the builder ended with {report.exit_code}; this build was not recorded"
        yield Finding(Level.ERROR, "builder-failed", "build failed", text)
    for moved in report.moved:
        text = f"changed while the builder ran: {moved}; this build was not recorded"
        yield Finding(Level.WARNING, "changed-during-build", "changed during the build", text)


def _stale(report: Report) -> Iterator[Finding]:
    for item in report.instructions:
        if item.state is InstructionState.STALE and not only_follows(item):
            text = f"{item.instruction}: {item.reason}"
            yield Finding(Level.WARNING, item.reason.code, "stale", text, item.line, item.end_line)


def _frontends(report: Report) -> Iterator[Finding]:
    for place, verdict in moved_frontends(report):
        text = f"{SYNTAX}: {verdict.explanation}"
        yield Finding(Level.NOTE, "frontend-changed", "frontend changed", text, place.line, place.line)


def _without_answer(report: Report, ends: Mapping[int, int]) -> Iterator[Finding]:
    """One for each place that names the input."""
    places = {item.reference: item.places for item in report.inputs}
    for verdict in report.unobserved:
        kind = "absent" if verdict.change is Change.ABSENT else "unknown"
        for place in places.get(verdict.reference, ()):
            text = f"{place.instruction}{via(place.script)}: {verdict.reference}: {verdict.reason}"
            rule, end = verdict.reason.code, ends.get(place.line, place.line)
            yield Finding(Level.WARNING, rule, f"{kind} input", text, place.line, end)
