"""The threads that deliver: one for a trigger, so that no receiver and no build holds up those of others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing

from freshlayer.watch.outbox import Outbox
from freshlayer.watch.sending import Stopping
from freshlayer.watch.settings import Trigger

_MOST = 16
"""Threads; where there are more triggers, they share them."""

_AFTER_FAULT = 60.0
_STEP = 0.2


class DeliveryThreads:
    """``outbox``: makes that of some triggers, for one thread. ``report`` gets what is unexpected."""

    def __init__(
        self,
        triggers: Mapping[str, Trigger],
        outbox: Callable[[Mapping[str, Trigger]], Outbox],
        report: Callable[[str], None],
        stopping: Stopping,
    ) -> None:
        rows = list(triggers.items())
        groups = [dict(rows[first::_MOST]) for first in range(min(_MOST, len(rows)))]
        self._workers = [_Worker(outbox(group), ", ".join(group), report, stopping) for group in groups]

    def serve(self) -> None:
        """Deliver from now on, until ``stopping``."""
        for worker in self._workers:
            worker.thread.start()

    def wake(self) -> None:
        """Messages may wait."""
        for worker in self._workers:
            worker.event.set()

    def join(self, seconds: float) -> None:
        """Wait for their end, for so long in all."""
        self.wake()
        for worker in self._workers:
            worker.thread.join(seconds / len(self._workers))

    def deliver_once(self) -> int:
        """Deliver what is due; how many messages were tried and not delivered."""
        threads = [threading.Thread(target=worker.deliver, daemon=True) for worker in self._workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            # A signal is handled between two steps.
            while thread.is_alive():
                thread.join(_STEP)
        return sum(worker.failures for worker in self._workers)

    @property
    def dead(self) -> tuple[str, ...]:
        """Triggers whose thread was started and ended."""
        return tuple(it.names for it in self._workers if it.thread.ident and not it.thread.is_alive())


class _Worker:
    def __init__(self, outbox: Outbox, names: str, report: Callable[[str], None], stopping: Stopping) -> None:
        self.event = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.names = names
        self.failures = 0
        self._outbox = outbox
        self._report = report
        self._stopping = stopping

    def _serve(self) -> None:
        while not self._stopping():
            self.event.clear()
            wait = self.deliver()
            if not self._stopping():
                self.event.wait(wait)

    def deliver(self) -> float | None:
        """One pass; seconds until the next one, None where no message waits."""
        try:
            with closing(self._outbox):
                self.failures += self._outbox.deliver_due()
                return self._outbox.wait()
        except Exception as error:  # noqa: BLE001 - a thread that ends would deliver nothing any more
            self.failures += 1
            self._report(
                f"outbox: trigger {self.names}: unexpected {type(error).__name__}; it is tried again"
            )
            return _AFTER_FAULT
