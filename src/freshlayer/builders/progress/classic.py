"""The classic builder's display; the times are those of our own clock.

::

    Step 2/4 : RUN make
     ---> Using cache
     ---> 415645d0249c

An instruction that runs prints `` ---> Running in`` instead, or nothing (COPY).
"""

from __future__ import annotations

from freshlayer.lazy_regex import compiled
from freshlayer.model.progress_event import Counting, ProgressEvent

_STEP = compiled(r"Step (?P<number>\d{1,5})/(?P<total>\d{1,5}) : ")
_DONE = compiled(r" ---> [0-9a-f]{12}$")
_CACHED = " ---> Using cache"


class Classic:
    """Reads the steps, which come one after the other. What an instruction prints is between them."""

    def __init__(self) -> None:
        self._number = self._total = 0
        self._started = 0.0
        self._cached = self._just_started = False
        self._ended: dict[int, ProgressEvent] = {}

    def line(self, text: str, now: float) -> None:
        step = _STEP.match(text)
        if step and self._is_next(int(step["number"]), int(step["total"])):
            self._number, self._total = int(step["number"]), int(step["total"])
            self._started, self._cached, self._just_started = now, False, True
            return
        if text == _CACHED and self._just_started:
            self._cached = True
        elif _DONE.match(text) and self._number:
            self._done(now)
        self._just_started = False

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        return tuple(self._ended.values())

    def _is_next(self, number: int, total: int) -> bool:
        """What an instruction prints may look like a step; only the one that follows is believed."""
        return number == self._number + 1 and total == (self._total or total)

    def _done(self, now: float) -> None:
        seconds = None if self._cached else round(now - self._started, 3)
        self._ended[self._number] = ProgressEvent(
            Counting.FILE, "", self._number, self._total, "", self._cached, seconds
        )
