"""The last probes of each input: kept packed in memory, and drawn."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec import Struct

from freshlayer.model.observation import Change, Verdict
from freshlayer.reference import Reference
from freshlayer.watch.pages.times import when
from freshlayer.watch.pages.values import ProbeBar, ProbeChart

MOST = 48
ANSWERED, CHANGED, FAILED = range(3)
_FORM = struct.Struct(">IB")
"""Five bytes for a probe: 240 for each reference."""

_HELD = "ttl"
_SPARE = 1000
_STEP, _WIDTH = 8.5, 6.5
_NAMED = 4
_HEIGHTS = {ANSWERED: ("answered", 20, 14), CHANGED: ("answered", 20, 14), FAILED: ("unknown", 4, 30)}


class Probe(Struct, frozen=True):
    """``at``: seconds since 1970. ``outcome``: one of the numbers above."""

    at: int
    outcome: int


class ProbeLog:
    """Written by the rounds, read by the threads that serve: a value is never changed, only replaced."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}
        self._references: dict[str, Reference] = {}
        self._due: Callable[[Reference], float | None] = lambda _: None

    def due_by(self, due: Callable[[Reference], float | None]) -> None:
        """``due``: seconds until the next probe of a reference; None where there is none."""
        self._due = due

    def note(self, verdict: Verdict, at: int) -> None:
        """A probe ended. What was not probed, as its record is young enough, is none."""
        if verdict.reason.code == _HELD:
            return
        outcome = CHANGED if verdict.change is Change.CHANGED else ANSWERED
        packed = _FORM.pack(min(max(at, 0), 0xFFFFFFFF), outcome if verdict.is_observed else FAILED)
        text = verdict.reference.text
        self._packed[text] = (self._packed.get(text, b"") + packed)[-MOST * _FORM.size :]
        self._references[text] = verdict.reference

    def of(self, reference: str) -> tuple[Probe, ...]:
        """The oldest first."""
        return tuple(Probe(*it) for it in _FORM.iter_unpack(self._packed.get(reference, b"")))

    def failing_since(self, reference: str) -> int:
        """When the first of the probes ended that fail since one was answered; 0 where that is not known."""
        since = 0
        for probe in reversed(self.of(reference)):
            if probe.outcome != FAILED:
                return since
            since = probe.at
        return 0

    def next_in(self, reference: str) -> float | None:
        """Seconds until it is probed again; None where that is not known."""
        known = self._references.get(reference)
        return self._due(known) if known is not None else None

    def keep(self, count: int, references: Callable[[], Collection[str]]) -> None:
        """Forget what no image reads, once that is much. ``count``: of references that are scheduled."""
        if len(self._packed) > 2 * count + _SPARE:
            left = references()
            self._packed = {text: it for text, it in self._packed.items() if text in left}
            self._references = {text: it for text, it in self._references.items() if text in left}


def probe_chart(probes: Sequence[Probe], now: int) -> ProbeChart | None:
    """None where there is none."""
    if not probes:
        return None
    first = MOST - len(probes)
    return ProbeChart(
        bars=tuple(_bar(it, (first + number) * _STEP) for number, it in enumerate(probes)),
        first=when(probes[0].at, now),
        first_x=f"{first * _STEP:g}" if first < MOST // 2 else "0",
        label=". ".join(_label(probes, now)),
    )


def _bar(probe: Probe, x: float) -> ProbeBar:
    kind, top, height = _HEIGHTS[probe.outcome]
    return ProbeBar(kind, f"{x:.1f}", top, height, f"{x + _WIDTH / 2:.1f}", probe.outcome == CHANGED)


def _label(probes: Sequence[Probe], now: int) -> Iterator[str]:
    failed = [it for it in probes if it.outcome == FAILED]
    changed = [it for it in probes if it.outcome == CHANGED]
    what = "1 probe" if len(probes) == 1 else f"{len(probes)} probes"
    yield f"{what} since {when(probes[0].at, now).text}: {len(probes) - len(failed)} answered"
    for word, some in (("failed", failed), ("saw a change", changed)):
        if some:
            times = ", ".join(when(it.at, now).text for it in some[-_NAMED:])
            yield f"{len(some)} {word}, {'the last ' if len(some) > _NAMED else ''}at {times}"
