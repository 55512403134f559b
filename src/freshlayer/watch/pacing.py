"""When a reference is probed next: one decision, of times alone. Pure.

Each reference has a place of its own within a period that is a bit shorter than its interval. It is probed
there, period after period: what is late once is not later each time, and what was added together is apart.
"""

from __future__ import annotations

from msgspec import Struct


class Spacing(Struct, frozen=True):
    """``interval``: the most seconds between two probes. ``jitter``: by which part of it they are earlier.

    ``share``: from 0 to 1: the place of the reference within a period.
    """

    interval: float
    jitter: float
    share: float

    @property
    def period(self) -> float:
        """Seconds between two probes at the place of the reference. The rest is for what is late."""
        return self.interval * (1 - self.jitter)

    @property
    def least(self) -> float:
        """The fewest seconds between two probes."""
        return self.interval * (1 - 2 * self.jitter)

    def after(self, started: float, ended: float) -> float:
        """The next time after a probe: an interval after its start at most, but ``least`` after its end.

        One that was not at its place comes nearer to it, by a part of the distance: so those that were
        probed at one moment are spread evenly each time, over more and more of the period.
        """
        apart = self._to_place(started)
        apart -= self.period if apart > self.period / 2 else 0
        nearer = apart * min(1.0, 2 * self.jitter / (1 - self.jitter))
        return max(started + self.period + nearer, ended + self.least)

    def after_first(self, started: float, ended: float) -> float:
        """The next time after the first probe: at the place, as many references are added together."""
        if not self.jitter:
            return self.after(started, ended)
        first = ended + self.interval - self.period
        return min(self.place_from(first), max(first, started + self.interval))

    def place_from(self, time: float) -> float:
        """The next moment at the place."""
        return time + self._to_place(time)

    def _to_place(self, time: float) -> float:
        """Seconds from then on to the next moment at the place."""
        return (self.share * self.period - time) % self.period
