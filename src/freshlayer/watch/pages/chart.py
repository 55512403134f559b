"""Images that are not fresh, as bars over time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from freshlayer.model.watched import SLOT, SLOTS, Counts
from freshlayer.watch.pages.times import day
from freshlayer.watch.pages.values import Bar, Chart

_LEFT, _WIDTH, _TOP, _BOTTOM = 20, 440, 14, 86
_STEP = _WIDTH / SLOTS
_NAMES = ("stale", "unknown", "never")
_LABEL_EVERY = 14
_GAP = 0.8


def chart(samples: Sequence[Counts], now: int) -> Chart | None:
    """The last fourteen days; None where fewer than two slots are known."""
    last = now // SLOT
    shown = [it for it in samples if last - SLOTS < it.slot <= last]
    if len(shown) < 2:
        return None
    most = max(it.total for it in shown)
    top = _round(most)
    return Chart(
        bars=tuple(bar for it in shown for bar in _bars(it, last, top)),
        grid=tuple((f"{_y(mark, top):.1f}", mark) for mark in sorted({0, top // 2, top})),
        labels=tuple(_labels(last)),
        summary=_summary(shown),
        days=SLOTS * SLOT // 86400,
        rows=tuple(_rows(shown)),
    )


def _round(most: int) -> int:
    """An even number that is easy to read, at least 2."""
    for step in (2, 4, 6, 10):
        if most <= step:
            return step
    scale: int = 10 ** (len(str(most)) - 1)
    return next(scale * factor for factor in (2, 4, 6, 10) if most <= scale * factor)


def _y(value: float, top: int) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * value / top


def _bars(sample: Counts, last: int, top: int) -> Iterator[Bar]:
    x = _LEFT + (SLOTS - 1 - (last - sample.slot)) * _STEP
    below = 0
    for name in _NAMES:
        number = getattr(sample, name)
        if number:
            high = _y(below + number, top)
            height = max(1.0, _y(below, top) - high - _GAP)
            yield Bar(name, f"{x + 0.7:.1f}", f"{high:.1f}", f"{_STEP - 1.4:.1f}", f"{height:.1f}")
            below += number


def _labels(last: int) -> Iterator[tuple[str, str]]:
    first = last - SLOTS + 1
    for number in range(0, SLOTS, _LABEL_EVERY):
        yield f"{_LEFT + number * _STEP:.1f}", day((first + number) * SLOT)


def _summary(shown: Sequence[Counts]) -> str:
    worst, now = max(shown, key=lambda it: it.total), shown[-1]
    return (
        f"At most {worst.total}, on {day(worst.slot * SLOT)}."
        f" Now {now.stale} stale, {now.unknown} unknown, {now.never} never built."
    )


def _rows(shown: Sequence[Counts]) -> Iterator[tuple[str, int, int, int]]:
    days: dict[str, Counts] = {}
    for sample in shown:
        name = day(sample.slot * SLOT)
        days[name] = days[name].worst(sample) if name in days else sample
    for name, worst in days.items():
        yield name, worst.stale, worst.unknown, worst.never
