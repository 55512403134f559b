"""How ``freshlayer watch`` ends: by SIGTERM and SIGINT, with a few seconds for what is under way."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_GRACE = 6.0
"""Seconds that a round has to end after SIGTERM; what it has not recorded by then is found again."""


_LEAST_WAIT = 0.5


class OverdueError(BaseException):
    """SIGTERM was a while ago. Not an Exception: whatever is under way ends."""


class End:
    """Whether the process is to end.

    A signal handler takes no lock: the code that it interrupts may hold it (threading.Event has one).
    """

    def __init__(self) -> None:
        self._is_set = False
        self._read, self._write = os.pipe()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._is_renewed = False

    def is_set(self) -> bool:
        """For any thread, at any time."""
        return self._is_set

    def wait(self, seconds: float) -> None:
        """For so long, until the end, or until ``wake``. For the main thread, which signals interrupt.

        What wakes it may come often: the first part of a wait is not ended by that.
        """
        first = min(seconds, _LEAST_WAIT)
        select.select([self._read], [], [], first)
        if not self._is_set:
            select.select([self._read, self._woken], [], [], seconds - first)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)

    def wake(self) -> None:
        """End a wait. For any thread."""
        # A full pipe wakes as well.
        with suppress(BlockingIOError):
            os.write(self._wake, b"\0")

    def renew(self) -> None:
        """What is watched is another than before. For any thread."""
        self._is_renewed = True
        self.wake()

    def renewed(self) -> bool:
        """Whether it is so since the last call."""
        was, self._is_renewed = self._is_renewed, False
        return was

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT set it meanwhile; OverdueError is raised a few seconds later."""
        handlers = {signal.SIGTERM: self._signalled, signal.SIGINT: self._signalled, signal.SIGALRM: _overdue}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        if not self._is_set:
            signal.setitimer(signal.ITIMER_REAL, _GRACE)
            self._is_set = True
            with suppress(BlockingIOError):
                os.write(self._write, b"\0")


def _overdue(_number: int, _frame: FrameType | None) -> None:
    raise OverdueError
