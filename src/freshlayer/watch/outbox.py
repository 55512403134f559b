"""Deliver what is in the outbox: at least once, again after a failure, with a longer wait each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.delivery import LONGEST_WAIT, DeliveryError, Stopping, deliver, wait_after
from freshlayer.watch.settings import Trigger

_AT_ONCE = 100


class Outbox:
    """``directory``: of watch.toml. ``clock``: seconds since 1970. ``report`` gets what becomes of each."""

    def __init__(
        self,
        records: WatchRecords,
        triggers: Mapping[str, Trigger],
        directory: Path,
        clock: Callable[[], int],
        report: Callable[[str], None],
        stopping: Stopping,
    ) -> None:
        self._records = records
        self._triggers = triggers
        self._directory = directory
        self._clock = clock
        self._report = report
        self._stopping = stopping

    def deliver_due(self) -> int:
        """Deliver every message that is due; how many were not delivered."""
        failures = 0
        tried: set[str] = set()
        while not self._stopping():
            now = self._clock()
            found = self._records.due(now, now + LONGEST_WAIT, _AT_ONCE)
            open_ = [message for message in found if message.key not in tried]
            if not open_:
                break
            for message in open_:
                tried.add(message.key)
                if not self._stopping():
                    failures += not self._deliver(message)
        return failures

    def wait(self) -> int | None:
        """Seconds until the next message is due; None where none waits."""
        due = self._records.next_due()
        return None if due is None else max(0, min(due - self._clock(), LONGEST_WAIT))

    def _deliver(self, message: Message) -> bool:
        trigger = self._triggers.get(message.trigger)
        place = f"{message.dockerfile}: trigger {message.trigger}"
        if trigger is None:
            self._report(f"{place}: watch.toml has no such trigger any more; its message is dropped")
            self._records.record_delivered(message.key)
            return True
        try:
            deliver(trigger.target, message, self._directory, self._stopping)
        except DeliveryError as error:
            wait = wait_after(message.tries)
            self._records.record_failure(message.key, self._clock() + wait)
            self._report(f"{place}: {error}; the next attempt is in {wait} s")
            return False
        self._records.record_delivered(message.key)
        self._report(f"{place}: delivered")
        return True
