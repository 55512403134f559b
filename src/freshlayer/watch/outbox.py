"""Deliver what is in the outbox: at least once, again after a failure, with a longer wait each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.delivery import LONGEST_WAIT, deliver, wait_after
from freshlayer.watch.sending import DeliveryError, Means, Stopping
from freshlayer.watch.settings import Trigger

_AT_ONCE = 100
_KEPT = 7 * 24 * 3600
"""Seconds that a message of an unknown trigger is kept without an attempt."""

_CLAIM = 12
"""Seconds that a claim holds after its process was killed."""

_EXTENDED_AFTER = 3


class Outbox:
    """``clock``: seconds since 1970. ``report`` gets what becomes of each.

    ``noted`` gets how the last delivery of a trigger ended: a clause, empty where it was delivered.
    ``again``: when what failed is tried again, a clause; empty: after a wait.
    """

    def __init__(
        self,
        records: WatchRecords,
        triggers: Mapping[str, Trigger],
        means: Means,
        clock: Callable[[], int],
        report: Callable[[str], None],
        stopping: Stopping,
        noted: Callable[[str, str], None] = lambda _trigger, _problem: None,
        again: str = "",
    ) -> None:
        self._noted, self._usual_again = noted, again
        self._records = records
        self._triggers = triggers
        self._means = means
        self._clock = clock
        self._report = report
        self._stopping = stopping
        self._unrecorded: set[str] = set()
        self._holds: dict[str, tuple[int, int]] = {}
        """Trigger → how often its receiver failed by now, and until when it is not tried."""

    def deliver_due(self) -> int:
        """Deliver what is due; how many messages were tried and not delivered.

        A receiver that fails is tried once, and then after a wait that doubles.
        """
        failures = 0
        self._record_again()
        tried = set(self._unrecorded)
        while not self._stopping():
            now = self._clock()
            ready = [name for name in self._triggers if not self._held(name, now)]
            found = self._records.due(ready, now, now + LONGEST_WAIT, _AT_ONCE)
            open_ = [message for message in found if message.key not in tried]
            if not open_:
                break
            for message in open_:
                if not self._stopping() and not self._held(message.trigger, now):
                    tried.add(message.key)
                    failures += self._deliver(message)
        return failures

    def _held(self, trigger: str, now: int) -> bool:
        """Whether its receiver failed just now. A hold that is longer than any was made by another clock."""
        until = self._holds.get(trigger, (0, 0))[1]
        return now < until <= now + LONGEST_WAIT

    def report_unknown(self) -> None:
        """Report the messages of triggers that another watch.toml has; remove those that none delivers."""
        for name, left in self.remove_unknown().items():
            self._report(
                f"outbox: trigger {name}: {left} not delivered: this watch has no such trigger"
                " (run the watch that has it; they are kept for 7 days)"
            )

    def remove_unknown(self) -> dict[str, int]:
        """Remove what no watch delivers any more; of the other triggers that are not here, what is left."""
        left = {name: count for name, count in self._records.waiting().items() if name not in self._triggers}
        for name in left:
            if removed := self._records.remove_untried(name, self._clock() - _KEPT):
                left[name] -= removed
                self._report(f"outbox: trigger {name}: {removed} removed: no watch delivered them for 7 days")
        return {name: count for name, count in left.items() if count}

    def wait(self) -> int | None:
        """Seconds until the next message is to be delivered; None where none waits."""
        waits = [self._wait_of(name) for name in self._triggers]
        return min((it for it in waits if it is not None), default=None)

    def _wait_of(self, trigger: str) -> int | None:
        due = self._records.next_due([trigger])
        if due is None:
            return None
        until = max(due, self._holds.get(trigger, (0, 0))[1])
        return max(0, min(until - self._clock(), LONGEST_WAIT))

    def close(self) -> None:
        """End the connection to the state; the next use opens another."""
        self._records.close()

    def _deliver(self, message: Message) -> bool:
        """Whether it failed here. What another process has claimed is left to that one."""
        now = self._clock()
        if not self._records.claim(message.key, now, now + _CLAIM):
            return False
        place = f"{message.dockerfile}: trigger {message.trigger}"
        claim = _Claim(self._records, message.key, self._clock, self._stopping)
        try:
            deliver(self._triggers[message.trigger].target, message, self._means, claim.is_ending)
        except DeliveryError as error:
            self._failed(message, str(error), of_receiver=error.of_receiver)
            return True
        except Exception as error:  # noqa: BLE001 - one message's oddity must not cost the others
            self._failed(message, f"unexpected {type(error).__name__}", of_receiver=True)
            return True
        self._holds.pop(message.trigger, None)
        if not self._records.record_delivered(message.key):
            self._unrecorded.add(message.key)
        self._report(f"{place}: delivered")
        self._noted(message.trigger, "")
        return False

    def _failed(self, message: Message, clause: str, *, of_receiver: bool) -> None:
        wait, now = wait_after(message.tries), self._clock()
        if of_receiver:
            times = self._holds.get(message.trigger, (0, 0))[0]
            wait = max(wait, wait_after(times))
            self._holds[message.trigger] = (times + 1, now + wait_after(times))
        self._records.record_failure(message.key, now + wait)
        self._noted(message.trigger, clause)
        place = f"{message.dockerfile}: trigger {message.trigger}"
        self._report(f"{place}: {clause}; {self._again(wait)}")

    def _again(self, wait: int) -> str:
        return self._usual_again or f"the next attempt is in {wait} s"

    def _record_again(self) -> None:
        """What was delivered while the state could not be written is not delivered again."""
        self._unrecorded = {key for key in self._unrecorded if not self._records.record_delivered(key)}


class _Claim:
    """A message that is being delivered: its claim is extended as long as that takes."""

    def __init__(self, records: WatchRecords, key: str, clock: Callable[[], int], stopping: Stopping) -> None:
        self._records = records
        self._key = key
        self._clock = clock
        self._stopping = stopping
        self._extended = clock()

    def is_ending(self) -> bool:
        """Whether the service is to end. To be called again and again."""
        now = self._clock()
        if abs(now - self._extended) >= _EXTENDED_AFTER:
            self._extended = now
            if not self._records.extend_claim(self._key, now + _CLAIM):
                self._records.close()
        return self._stopping()
