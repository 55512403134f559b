"""``inputs`` as lines of text: what is watched, what is locked, what is not watched, by reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freshlayer.decisions.coverage import report_coverage
from freshlayer.model.inputs import NotWatched, Place, RemoteInput
from freshlayer.model.reasons import hint_of, meaning_of
from freshlayer.model.report import Report
from freshlayer.reference import shown
from freshlayer.report.text import Line, advice_lines, place_of

_Placed = tuple[int, Line]
"""Line of the Dockerfile, and what is printed."""

_LONGEST_WORD = 80
_MOST_WORDS = 6
_LOCKED = frozenset({"checksum-pinned"})
"""Reasons of what is not watched because the bytes are fixed."""


def input_lines(report: Report) -> Iterator[Line]:
    """What was found and what can't be watched, each group in the order of the file; and the coverage."""
    yield from _group("watched", _watched(report))
    yield from _group("locked", _locked(report))
    yield from _by_reason(report, [item for item in report.not_watched if not _is_apart(item)])
    warned = [item for item in report.not_watched if item.warns]
    yield from _group("warnings", ((item.line, ("yellow", _missed(report, item))) for item in warned))
    if not (report.inputs or report.not_watched or report.package_lines):
        yield "dim", f"{report.dockerfile}: reads nothing from elsewhere"
    yield from advice_lines(report)
    if covered := coverage_text(report):
        yield "bold", f"{report.dockerfile}: {covered}"


def coverage_text(report: Report) -> str:
    """``14 of 19 RUNs that reach the network are covered``; empty where none does."""
    found = report_coverage(report)
    if found.runs == 0:
        return ""
    if found.runs == 1:
        return f"{found.covered} of 1 RUN that reaches the network is covered"
    verb = "is" if found.covered == 1 else "are"
    return f"{found.covered} of {found.runs} RUNs that reach the network {verb} covered"


def uncovered_text(report: Report) -> str:
    """The same; empty where all are covered."""
    found = report_coverage(report)
    return coverage_text(report) if found.covered < found.runs else ""


def _is_apart(item: NotWatched) -> bool:
    return item.warns or item.reason.code in _LOCKED


def _group(title: str, found: Iterable[_Placed]) -> Iterator[Line]:
    lines = list(dict.fromkeys(line for _, line in sorted(found, key=lambda item: item[0])))
    if lines:
        yield "bold", f"{title}:"
    yield from ((style, f"  {text}") for style, text in lines)


def _watched(report: Report) -> Iterator[_Placed]:
    for item in report.inputs:
        if not item.reference.pinned and item.reference.kind != "package":
            yield from ((place.line, _read(report, item, place)) for place in item.places)
    for line, text in command_lines(report):
        yield line, ("green", f"{report.dockerfile}:{line}: {text}")
    for covered in (item for item in report.covered if item.covered_by):
        text = f"{covered.instruction} reads {covered.text} (decided by {covered.covered_by})"
        yield covered.line, ("", f"{place_of(report, covered.line, covered.script)}: {text}")


def command_lines(report: Report) -> Iterator[tuple[int, str]]:
    """Line of the Dockerfile, and what its package commands install."""
    for item in report.package_lines:
        words = [shown(word, _LONGEST_WORD) for word in item.words[:_MOST_WORDS]]
        more = f" and {len(item.words) - _MOST_WORDS} more" if len(item.words) > _MOST_WORDS else ""
        what = f"installs {', '.join(words)}{more}" if words else "upgrades packages"
        yield item.line, f"RUN ({item.program}) {what}"


def _locked(report: Report) -> Iterator[_Placed]:
    for item in report.inputs:
        for place in item.places if item.reference.pinned else ():
            style, text = _read(report, item, place)
            yield place.line, (style, f"{text} (names its own bytes)")
    for locked in (item for item in report.covered if item.is_locked):
        why = f"locked by {locked.locked_by}" if locked.locked_by else locked.reason.text
        text = f"{locked.instruction} runs {locked.text} ({why})"
        yield locked.line, ("", f"{place_of(report, locked.line, locked.script)}: {text}")
    for missed in report.not_watched:
        if missed.reason.code in _LOCKED:
            yield missed.line, ("dim", _missed(report, missed))


def _by_reason(report: Report, found: list[NotWatched]) -> Iterator[Line]:
    """Once for each reason, with the lines; reasons in the order in which they come."""
    by_code: dict[str, list[NotWatched]] = {}
    for item in sorted(found, key=lambda item: item.line):
        by_code.setdefault(item.reason.code, []).append(item)
    for code, items in by_code.items():
        yield "bold", f"not watched: {meaning_of(code)} ({hint_of(code)})"
        yield from dict.fromkeys(("dim", f"  {_missed(report, item)}") for item in items)


def _missed(report: Report, item: NotWatched) -> str:
    """The reason only where it has more than the heading of its group."""
    known = item.reason.text == meaning_of(item.reason.code) and not _is_apart(item)
    reason = "" if known else f": {item.reason}"
    warns = "warning: " if item.warns else ""
    return f"{place_of(report, item.line, item.script)}: {item.instruction}: {warns}{item.text}{reason}"


def _read(report: Report, item: RemoteInput, place: Place) -> Line:
    own = item.reference.kind == "image" and place.resolved_by_builder and not item.reference.pinned
    how = place.via if place.via.startswith(place.instruction) else f"{place.instruction} ({place.via})"
    pinned = " (pinned in the build)" if own else ""
    return (
        "green",
        f"{place_of(report, place.line, place.script)}: {how} reads {item.reference}{pinned}",
    )
