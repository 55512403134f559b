"""The whole story of one instruction, for ``check --explain``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from freshlayer.errors import OptionError
from freshlayer.model.build import Built, InstructionVerdict
from freshlayer.model.evidence import Evidence
from freshlayer.model.inputs import RemoteInput
from freshlayer.model.package_references import manager_of
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import shown
from freshlayer.report import packages
from freshlayer.report.text import Line, duration, scripts_of, stated


def story_lines(report: Report, line: int) -> Iterator[Line]:
    """Inputs, evidence recorded and now, key then and now, and when it was last built.

    Raises OptionError if no instruction that is built is on the line.
    """
    found = [item for item in report.instructions if item.line <= line <= item.end_line]
    if not found:
        message = (
            f"{report.dockerfile}:{line}: no instruction that is built is on this line (--explain {line})"
        )
        raise OptionError(message)
    return _story(report, found[0])


def _story(report: Report, item: InstructionVerdict) -> Iterator[Line]:
    built = report.past.built.get((item.stage, item.digest))
    style, text = stated(report, item, scripts_of(report))
    yield style, text.strip()
    yield "dim", f"  reason: {_coded(item.reason)}"
    yield "", f"  in stage {item.stage}, lines {item.line} to {item.end_line}"
    inputs = [one for one in report.inputs if any(place.line == item.line for place in one.places)]
    for one in inputs:
        yield from _input(report, item, one)
    yield from packages.story_lines(item)
    for missed in report.not_watched:
        if missed.line == item.line:
            yield "dim", f"  not watched: {missed.text}: {missed.reason}"
    if not (inputs or item.packages):
        yield "dim", "  reads nothing that freshlayer watches"
    yield from _keys(item, built)
    yield "", f"  {_last_built(report, item)}"


def _input(report: Report, item: InstructionVerdict, one: RemoteInput) -> Iterator[Line]:
    verdict, recorded = report.verdicts[one.reference], report.past.recorded.get(one.reference)
    via = next(place.via for place in one.places if place.line == item.line)
    yield "bold", f"  reads {one.reference} ({via})"
    yield "", f"    {verdict.change} ({verdict.certainty}): {verdict.reason}"
    yield "dim", f"    reason: {_coded(verdict.reason)}"
    if recorded is not None:
        when = f" {moment(recorded.probed_at)}" if recorded.probed_at else ""
        yield "", f"    recorded{when}: {shown(str(recorded.identity))} ({recorded.identity.strength})"
        yield from _evidence(recorded.evidence)
    if verdict.is_observed and verdict.identity is not None:
        yield "", f"    now: {shown(str(verdict.identity))} ({verdict.identity.strength})"
        yield from _evidence(verdict.keep.evidence if verdict.keep else ())


def _coded(reason: Reason) -> str:
    return f"{reason.code} (freshlayer explain {reason.code})"


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[Line]:
    for one in evidence:
        yield "dim", f"      hop {one.hop}  {one.strength:<9} {shown(f'{one.scheme}:{one.value}')}"


def _keys(item: InstructionVerdict, built: Built | None) -> Iterator[Line]:
    """ADD and COPY have none: the builder keys them on content itself."""
    if not item.pairs:
        return
    before = built.pairs if built else ()
    for reference, identity in before:
        if not manager_of(reference):
            yield "", f"  built with {reference} at {shown(identity)}"
    if installed := packages.grouped(before):
        yield "", f"  built with {installed}"
    if item.key:
        yield "", f"  key then: {built.key if built else 'none'}"
        yield "", f"  key now:  {item.key}"


def _last_built(report: Report, item: InstructionVerdict) -> str:
    earlier = report.past.history.get((item.stage, item.digest))
    if earlier is None or not earlier.at:
        return "when it was last built is not known" if earlier else "never built through freshlayer"
    took = f"; it took {duration(earlier.seconds)}" if earlier.seconds is not None else ""
    by = f" by {report.builder}" if report.builder else ""
    return f"last built {moment(earlier.at)}{by} for {report.platform}{took}"


def moment(at: int) -> str:
    """Seconds since 1970 as ``2026-11-24 08:43:10Z``."""
    return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
