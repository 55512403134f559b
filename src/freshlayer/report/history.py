"""The history as aligned text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from freshlayer.model.history import BuildEvent, History, ObservationEvent
from freshlayer.model.observation import Change
from freshlayer.model.package_references import manager_of
from freshlayer.reference import shown
from freshlayer.report import packages
from freshlayer.report.story import moment
from freshlayer.report.text import Line, duration

VERSION = 1
_LONGEST = 200
_SHORT = 24


def lines(history: History, of: str) -> Iterator[Line]:
    """Changes, then builds, newest first. ``of``: whose history it is, where there is none."""
    if not history.changes and not history.builds:
        yield "", f"no history is recorded {of}"
    if history.changes:
        yield "bold", "changes of inputs"
        yield from _aligned([_change(event) for event in history.changes])
    if history.builds:
        yield "bold", "builds"
        yield from _aligned([_build(event) for event in history.builds])
    yield from _taken_up(history.builds)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[Line]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "", f"  {'  '.join(cells)}".rstrip()


def _change(event: ObservationEvent) -> tuple[str, ...]:
    identity = shown(str(event.identity), _LONGEST)
    short = f"{identity[:_SHORT]}…" if len(identity) > _SHORT + 1 else identity
    verdict = "other evidence" if event.verdict is Change.UNCHANGED else str(event.verdict)
    return moment(event.at), verdict, short, shown(event.reference, _LONGEST)


def _build(event: BuildEvent) -> tuple[str, ...]:
    ran = sum(it.outcome == "ran" for it in event.instructions)
    cached = sum(it.outcome == "cached" for it in event.instructions)
    return (
        moment(event.at),
        event.result,
        f"ran {ran}",
        f"cached {cached}",
        f"took {duration(event.seconds)}",
        f"saved {duration(event.saved)}",
        shown(event.builder, _LONGEST),
        shown(event.dockerfile, _LONGEST),
    )


def _taken_up(builds: Sequence[BuildEvent]) -> Iterator[Line]:
    rows = [
        (moment(event.at), shown(reference, _LONGEST), shown(identity, _LONGEST)[:_SHORT])
        for event in builds
        for reference, identity in event.took_up
        if not manager_of(reference)
    ]
    rows += [
        (moment(event.at), installed, "")
        for event in builds
        if (installed := packages.grouped(event.took_up))
    ]
    if rows:
        yield "bold", "taken up by the build of"
        yield from _aligned(rows)


def document(history: History) -> dict[str, Any]:
    """As docs/schema/history.json describes it."""
    return {
        "version": VERSION,
        "changes": [_change_document(event) for event in history.changes],
        "builds": [_build_document(event) for event in history.builds],
    }


def _change_document(event: ObservationEvent) -> dict[str, Any]:
    return {
        "reference": event.reference,
        "at": event.at,
        "verdict": str(event.verdict),
        "identity": str(event.identity),
        "strength": str(event.identity.strength),
        "evidence": [
            {"scheme": it.scheme, "value": it.value, "guessed": it.guessed} for it in event.evidence
        ],
    }


def _build_document(event: BuildEvent) -> dict[str, Any]:
    return {
        "dockerfile": event.dockerfile,
        "platform": event.platform,
        "builder": event.builder,
        "engine": event.engine,
        "at": event.at,
        "result": event.result,
        "seconds": event.seconds,
        "saved": event.saved,
        "took_up": [{"reference": reference, "identity": identity} for reference, identity in event.took_up],
        "instructions": [
            {
                "stage": it.stage,
                "line": it.line,
                "outcome": it.outcome,
                "seconds": it.seconds,
                "saved": it.saved,
                "key": it.key,
                "cause": it.cause,
            }
            for it in event.instructions
        ],
    }
