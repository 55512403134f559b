"""The display of buildah and podman; the times are those of our own clock.

::

    [2/3] STEP 2/4: RUN make
    --> Using cache 25d76dcbbaac11b1c8dc1f9a9811183fc7fe794be51c3e1d07b94372204b9a14
    --> 25d76dcbbaa

A file of one stage has no ``[2/3]``. An instruction that copies from a stage that is not built yet waits for
it: that stage's steps then come between its own ``STEP`` and its ``-->``.
"""

from __future__ import annotations

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.progress_event import Counting, ProgressEvent

_STEP = compiled(r"(?:\[(?P<stage>\d{1,5})/\d{1,5}\] )?STEP (?P<number>\d{1,5})/(?P<total>\d{1,5}): ")
_CACHED = compiled(r"--> Using cache [0-9a-f]{12,64}$")
_DONE = compiled(r"--> [0-9a-f]{11,64}$")
_DEEPEST = 1_000


class _Step(Struct):
    """An instruction that has started. ``just_started``: nothing of its own came since."""

    stage: str
    number: int
    total: int
    started: float
    cached: bool = False
    just_started: bool = True


class Buildah:
    """Reads the steps; the innermost open one is last."""

    def __init__(self) -> None:
        self._open: list[_Step] = []
        self._ended: dict[tuple[str, int], ProgressEvent] = {}

    def line(self, text: str, now: float) -> None:
        match = _STEP.match(text)
        if match:
            stage = str(int(match["stage"]) - 1) if match["stage"] else ""
            self._begin(_Step(stage, int(match["number"]), int(match["total"]), now))
        elif self._open:
            self._within(self._open[-1], text, now)

    def ended(self, now: float) -> tuple[ProgressEvent, ...]:  # noqa: ARG002
        return tuple(self._ended.values())

    def _begin(self, step: _Step) -> None:
        """In the same stage it follows the last one (FROM ends without a word); else that one waits."""
        if self._open and self._open[-1].stage == step.stage:
            self._open.pop()
        if len(self._open) < _DEEPEST:
            self._open.append(step)

    def _within(self, step: _Step, text: str, now: float) -> None:
        if step.just_started and _CACHED.match(text):
            step.cached = True
        elif _DONE.match(text):
            self._done(step, now)
        step.just_started = False

    def _done(self, step: _Step, now: float) -> None:
        seconds = None if step.cached else round(now - step.started, 3)
        self._ended[step.stage, step.number] = ProgressEvent(
            Counting.STAGE, step.stage, step.number, step.total, "", step.cached, seconds
        )
        if step.number == step.total and len(self._open) > 1:
            self._open.pop()
            self._open[-1].started, self._open[-1].just_started = now, True
