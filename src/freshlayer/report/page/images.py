"""One image of a page: its state in words, its figures, its causes and its Dockerfile. Pure."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterator, Mapping, Sequence

from freshlayer.decisions.causes import totals_of
from freshlayer.decisions.coverage import report_coverage
from freshlayer.decisions.frontend import moved_frontends
from freshlayer.dockerfile.masked_text import MOST_LINES
from freshlayer.model.build import InstructionState
from freshlayer.model.inputs import SYNTAX
from freshlayer.model.report import Report
from freshlayer.report.formats.base import ReportKind
from freshlayer.report.page.bands import bands, is_own_stale
from freshlayer.report.page.causes import causes
from freshlayer.report.page.view import Band, BandKind, Cause, Counter, Fact, ImageRow, ImageView
from freshlayer.report.text import duration


def image(report: Report, kind: ReportKind, name: str, anchor: str) -> ImageView:
    """The view of a report. ``name``: the service or target, empty where there is none."""
    title = name or report.dockerfile
    shown = bands(report)
    found = causes(report, title, anchor) if kind is not ReportKind.INPUTS else ()
    state = state_of(report) if kind is not ReportKind.INPUTS else "unwatched"
    return ImageView(
        anchor=anchor,
        title=title,
        place=_place(report, name),
        state=state,
        answer=_of_inputs(shown) if kind is ReportKind.INPUTS else answer(report, state),
        lead="" if kind is ReportKind.INPUTS else _lead(shown, found),
        alarms=tuple(_alarms(report)),
        counters=tuple(_counters(shown, anchor)),
        facts=tuple(_facts(report)),
        causes=found,
        bands=shown,
        lines_left=_lines_left(report, shown),
    )


def row(view: ImageView, report: Report, *, shown: bool) -> ImageRow:
    """The same in one row."""
    why = "; ".join(_brief(cause) for cause in view.causes[:2]) or view.answer
    more = f"; {len(view.causes) - 2} more" if len(view.causes) > 2 else ""
    found = report_coverage(report)
    covered = f"{found.covered} of {found.runs}" if found.runs else ""
    return ImageRow(view.anchor, view.title, view.state, f"{why}{more}", covered, shown)


def _brief(cause: Cause) -> str:
    change = f"{cause.old} → {cause.new}" if cause.old else cause.why
    return f"{cause.subject}: {change}" if cause.subject else change


def state_of(report: Report) -> str:
    """``stale``, ``unknown``, ``fresh``; ``unwatched`` where nothing is watched."""
    states = {item.state for item in report.instructions}
    if InstructionState.STALE in states:
        return "stale"
    if InstructionState.UNKNOWN in states or report.unobserved or report.unreachable:
        return "unknown"
    return "fresh" if report.inputs or any(item.packages for item in report.instructions) else "unwatched"


def answer(report: Report, state: str) -> str:
    """The state of an image as a sentence without its full stop."""
    if report.exit_code:
        return f"Build failed: the builder ended with {report.exit_code}"
    own = [item for item in report.instructions if is_own_stale(item)]
    unanswered = len(report.unobserved) + len(report.unreachable)
    if report.exit_code is not None:
        return f"Built: {_are(len(own), 'instruction')} stale" if own else "Built: nothing was stale"
    match state:
        case "stale":
            return f"Stale: {_are(len(own), 'instruction')} to be built again"
        case "unknown":
            return f"Unknown: {_count(unanswered, 'input')} without a usable answer"
        case "fresh":
            return "Fresh: no watched input changed"
        case _:
            return "Nothing is watched: no instruction reads anything that can be probed"


def _of_inputs(shown: Sequence[Band]) -> str:
    places = sum(len(band.reads) for band in shown)
    missed = sum(band.kind is BandKind.UNWATCHED for band in shown)
    return f"{_count(places, 'input')} watched, {_count(missed, 'instruction')} with one that is not"


def _lead(shown: Sequence[Band], found: Sequence[Cause]) -> str:
    count = Count(band.kind for band in shown)
    parts = [
        (
            count[BandKind.FOLLOWS],
            "instruction after a stale one runs again too",
            "instructions after a stale one run again too",
        ),
        (
            sum(cause.security for cause in found),
            "change is a security update",
            "changes are security updates",
        ),
        (
            sum(cause.state == "unknown" for cause in found),
            "input can't be probed: what is recorded of it counts",
            "inputs can't be probed: what is recorded of them counts",
        ),
        (
            count[BandKind.UNWATCHED],
            "instruction reads what is not watched",
            "instructions read what is not watched",
        ),
    ]
    texts = [f"{number} {one if number == 1 else more}" for number, one, more in parts if number]
    if not texts and not found:
        return "Nothing to do."
    return f"{'; '.join(texts)}." if texts else ""


def _alarms(report: Report) -> Iterator[str]:
    if report.exit_code:
        yield f"The builder ended with {report.exit_code}; this build was not recorded."
    for moved in report.moved:
        yield f"Changed while the builder ran: {moved}; this build was not recorded."
    for place, verdict in moved_frontends(report):
        yield f"Line {place.line}: {SYNTAX} changed: {verdict.explanation}. No instruction is stale for it."


def _counters(shown: Sequence[Band], anchor: str) -> Iterator[Counter]:
    """A counter of nothing has no link."""
    for kind, state, word in _COUNTED:
        lines = [band.line for band in shown if band.kind is kind]
        if lines or kind in _ALWAYS:
            yield Counter(state, len(lines), word, f"{anchor}-l{lines[0]}" if lines else "")


_COUNTED = (
    (BandKind.OWN, "stale", "stale"),
    (BandKind.FOLLOWS, "follows", "follow"),
    (BandKind.UNKNOWN, "unknown", "unknown"),
    (BandKind.UNWATCHED, "unwatched", "not watched"),
    (BandKind.FRESH, "fresh", "fresh"),
    (BandKind.WATCHED, "fresh", "watched"),
)
_ALWAYS = frozenset({BandKind.UNWATCHED})


def _facts(report: Report) -> Iterator[Fact]:
    found = report_coverage(report)
    if found.runs:
        yield Fact("Covered", f"{found.covered} of {found.runs} RUNs", "of those that reach the network")
    kinds = Count(str(item.reference.kind) for item in report.inputs)
    if kinds:
        yield Fact("Remote inputs", str(kinds.total()), ", ".join(f"{kind} {n}" for kind, n in kinds.items()))
    packages = [verdict for item in report.instructions for verdict in item.packages]
    if packages:
        changed = sum(len(verdict.changes) for verdict in packages)
        yield Fact("Packages", str(sum(verdict.total for verdict in packages)), f"{changed} changed")
    outcomes = [item.outcome for item in report.instructions if item.outcome]
    if outcomes:
        totals = totals_of(outcomes)
        saved = f"about {duration(totals.saved)} saved" if totals.saved else ""
        yield Fact("Instructions", f"{totals.ran} ran, {totals.cached} cached", saved)
    elif cost := _cost(report):
        yield Fact("A new build", f"about {duration(cost)}", "what runs again, as long as it last took")
    if report.builder:
        yield Fact("Builder", report.builder)


def _cost(report: Report) -> float:
    known = [report.past.history.get((item.stage, item.digest)) for item in report.stale]
    return sum(last.seconds or 0 for last in known if last)


def _place(report: Report, name: str) -> str:
    parts = [report.dockerfile] if name else []
    parts += [f"target {report.target}"] if report.target else []
    return ", ".join([*parts, report.platform])


def _lines_left(report: Report, shown: Sequence[Band]) -> int:
    """Of the instructions that there are; what follows the last one is not counted."""
    last = max((item.end_line for item in report.instructions), default=0)
    listed = max((number for band in shown for number, _ in band.lines), default=0)
    return last - MOST_LINES if last > MOST_LINES <= listed else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _are(number: int, noun: str) -> str:
    return f"{_count(number, noun)} {'is' if number == 1 else 'are'}"


def heading(states: Mapping[str, int]) -> str:
    """Of a page with several images. ``states``: how many have each state."""
    total = _count(sum(states.values()), "image")
    stale, unknown = states.get("stale", 0), states.get("unknown", 0)
    if stale:
        return f"{stale} of {total} {'is' if stale == 1 else 'are'} stale"
    if unknown:
        return (
            f"{unknown} of {total} {'is' if unknown == 1 else 'are'} unknown, and none is known to be stale"
        )
    return f"No image is stale ({total} checked)"
