"""How often the references of a host may be probed, by what it states of its quota. Pure.

Each probe may cost nothing of it (an answer 304 of an API, a HEAD of Docker Hub) or several requests: what
one costs is measured, and others may use the same quota.
"""

from __future__ import annotations

from math import inf

from freshlayer.model.quota import Quota

_PART = 0.8
"""So much of a quota is used: the rest is for builds and people."""

_LEAST = 0.8
"""The part of an interval that passes in any case: as of Spacing."""

_ENOUGH = 5
"""From so many answers on, what a probe costs is measured; until then it is one request."""

_OUT_OF_ORDER, _NEW_WINDOW = 8, 0.1
"""What is left may rise by so much, as answers overtake each other, or by a part of the limit."""


class Account:
    """The quota of one host, by its answers. Times in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.references = 0
        self.remaining = 0
        self._limit = 0
        self._window = 0.0
        self._ends = -inf
        self._at_first = 0
        self._answers = 0
        self._cost = 1.0

    def note(self, quota: Quota, now: float) -> None:
        """Take what an answer states."""
        self._limit = max(self._limit, quota.limit, quota.remaining)
        self._window = max(self._window, quota.seconds)
        rise = max(_OUT_OF_ORDER, _NEW_WINDOW * self._limit)
        if not self._answers or quota.remaining > self.remaining + rise:
            self._at_first, self._answers = quota.remaining, 0
        self._answers += 1
        self.remaining, self._ends = quota.remaining, now + quota.seconds
        if self._answers > _ENOUGH:
            self._cost = max(0.0, (self._at_first - quota.remaining) / (self._answers - 1))

    def rests_until(self, now: float) -> float:
        """Until when no request is answered; 0 where one is, or where they cost nothing."""
        is_used_up = self.remaining == 0 and self._cost > 0
        return self._ends if is_used_up and self._ends > now else 0.0

    def interval(self, now: float) -> float:
        """The fewest seconds between two probes of a reference that the quota is enough for."""
        needed = self.references * self._cost / _PART
        usual = needed * self._window / max(self._limit, 1)
        left = self._ends - now
        if self.remaining and left > 0:
            # Others may have used it. Where it is not enough for all, they wait for its end.
            usual = max(usual, min(needed * left / self.remaining, left / _LEAST))
        return usual
