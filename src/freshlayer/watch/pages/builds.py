"""The builds of an image as rows of squares: what ran, and what the cache saved. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from freshlayer.model.history import BuildEvent, InstructionEvent
from freshlayer.report.text import duration, roughly
from freshlayer.watch.pages.cause_rows import subject_address
from freshlayer.watch.pages.images import shown_reference
from freshlayer.watch.pages.known import short_identity
from freshlayer.watch.pages.times import when
from freshlayer.watch.pages.values import BuildRow, Link, Square, WhyRow

MOST_BUILDS = 20
_MOST_SQUARES = 60
_MOST_WHYS = 2
_STEP, _GAP = 19.4, 10.0
_SIDE = 16
_BUILT, _FAILED = "built", "failed"
_WORDS = {_BUILT: ("fresh", "Built"), _FAILED: ("failed", "Failed")}


def build_rows(builds: Iterable[BuildEvent], now: int) -> tuple[BuildRow, ...]:
    """Newest first; bars are as long as the longest of them allows."""
    shown = list(builds)[:MOST_BUILDS]
    longest = max((max(it.seconds, it.saved) for it in shown), default=0) or 1
    return tuple(_row(it, longest, now) for it in shown)


def _row(build: BuildEvent, longest: float, now: int) -> BuildRow:
    kinds = [(_kind(build, it), it) for it in build.instructions]
    state, word = _WORDS.get(build.result, ("unknown", "Inputs changed"))
    squares = tuple(_squares(kinds[:_MOST_SQUARES]))
    return BuildRow(
        at=when(build.at, now),
        whys=tuple(_whys(build)),
        text=_text(build),
        squares=squares,
        width=round(float(squares[-1].x) + _SIDE) if squares else 0,
        label=_label(kinds),
        ran=sum(kind == "ran" for kind, _ in kinds),
        cached=sum(kind == "cached" for kind, _ in kinds),
        took=duration(build.seconds),
        saved=f"about {roughly(build.saved)}" if build.saved else "",
        took_width=f"{100 * build.seconds / longest:.1f}",
        saved_width=f"{100 * build.saved / longest:.1f}",
        state=state,
        word=word,
    )


def _kind(build: BuildEvent, item: InstructionEvent) -> str:
    if item.outcome in {"ran", "cached"}:
        return item.outcome
    return "failed" if build.result == _FAILED and item.outcome == _FAILED else "none"


def _squares(kinds: Sequence[tuple[str, InstructionEvent]]) -> Iterator[Square]:
    """A gap between two stages."""
    x, stage = 1.0, kinds[0][1].stage if kinds else ""
    for kind, item in kinds:
        x += _GAP if item.stage != stage else 0
        stage = item.stage
        yield Square(kind, f"{x:.1f}", f"{x + 7:.1f}", _in_words(kind, item))
        x += _STEP


def _in_words(kind: str, item: InstructionEvent) -> str:
    """For a pointer that rests on it."""
    if kind == "ran" and item.seconds is not None:
        return f"Line {item.line} ran {duration(item.seconds)}"
    if kind == "cached" and item.saved is not None:
        return f"Line {item.line} cached, saved about {roughly(item.saved)}"
    return f"Line {item.line} {'not reached, or not known' if kind == 'none' else kind}"


def _label(kinds: Sequence[tuple[str, InstructionEvent]]) -> str:
    parts = []
    for kind, word in (("ran", "ran"), ("cached", "cached"), ("failed", "failed"), ("none", "not known")):
        lines = [str(item.line) for it, item in kinds if it == kind]
        if lines:
            parts.append(f"{word}: {', '.join(lines)}")
    return f"Lines that {'; '.join(parts)}" if parts else "No instruction is known"


def _whys(build: BuildEvent) -> Iterator[WhyRow]:
    for reference, identity in build.took_up[:_MOST_WHYS]:
        subject = Link(shown_reference(reference), subject_address(reference))
        yield WhyRow(subject, "", short_identity(identity), "", "", security=False)


def _text(build: BuildEvent) -> str:
    left = len(build.took_up) - _MOST_WHYS
    if left > 0:
        return f"and {left} more"
    return "" if build.took_up else "no input was new"
