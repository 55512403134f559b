"""The standing of each Dockerfile of a service, and the messages that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from freshlayer.model.report import Report
from freshlayer.model.watched import Message, Standing
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.firing import Rule, all_fired, firing
from freshlayer.watch.standing import standing_of


class Standings:
    """What is recorded of each Dockerfile. ``report`` gets a line when one becomes stale or fresh.

    Nothing counts as known that could not be recorded: then the next judgement finds it again. Nothing is
    judged or recorded before the standings of the last run were read: baselines would be overwritten.
    """

    def __init__(
        self, records: WatchRecords, rules: Sequence[Rule], settle: int, report: Callable[[str], None]
    ) -> None:
        self._records = records
        self._rules = rules
        self._settle = settle
        self._report = report
        self.known: dict[str, Standing] = {}
        self._is_read = False
        self._watched: frozenset[str] = frozenset()
        self._read()
        records.close()

    def read_again(self) -> None:
        """What another process recorded counts."""
        self._read()
        self._records.close()

    def watch(self, names: Iterable[str]) -> None:
        """The Dockerfiles that there are: no trigger fires for any other."""
        self._watched = frozenset(names)

    def take(self, found: Iterable[tuple[str, Report]], now: int) -> int | None:
        """Record judgements, and the messages that are due with them. As ``fire``."""
        try:
            return self._fire(self._moved(found, now), now) if self._is_read or self._read() else None
        finally:
            self._records.close()

    def _read(self) -> bool:
        """Whether what is recorded was read."""
        found = self._records.standings()
        self.known |= found or {}
        self._is_read |= found is not None
        return found is not None

    def _moved(self, found: Iterable[tuple[str, Report]], now: int) -> dict[str, Standing]:
        undelivered = self._records.undelivered()
        moved: dict[str, Standing] = {}
        for name, report in found:
            before = self.known.get(name)
            delivered = undelivered is not None and name not in undelivered
            done = before is not None and delivered and all_fired(before, self._rules)
            after = standing_of(report, name, before, now, accept=done)
            if after != before:
                moved[name] = after
        return moved

    def fire(self, now: int) -> int | None:
        """Record the messages that are due by now; when to do so again, if nothing changes until then."""
        return self.take((), now)

    def _fire(self, moved: dict[str, Standing], now: int) -> int | None:
        again: list[int] = []
        messages: list[Message] = []
        for name, standing in {**self.known, **moved}.items():
            if not standing.causes or name not in self._watched:
                continue
            found = firing(standing, self._rules, now, settle=self._settle)
            again += [found.again] if found.again is not None else []
            messages += found.messages
            if found.standing != standing:
                moved[name] = found.standing
        if moved and self._records.record(moved.values(), messages, at=now, known=self.known):
            for name, standing in moved.items():
                self._announce(self.known.get(name), standing)
            self.known |= moved
        elif moved:
            self._read_again(moved, {message.dockerfile for message in messages})
        return min(again, default=None)

    def _read_again(self, moved: Mapping[str, Standing], fired: Iterable[str]) -> None:
        """Another process may have recorded meanwhile. The next keys are others than those that it used."""
        self._read()
        for name in fired:
            known = self.known.get(name, Standing(name))
            self.known[name] = replace(known, count=max(known.count, moved[name].count) + 1)

    def _announce(self, before: Standing | None, after: Standing) -> None:
        was = before.causes if before is not None else ()
        if after.causes and after.causes != was:
            first, more = after.causes[0], len(after.causes) - 1
            others = f" and {more} more" if more else ""
            self._report(
                f"{after.dockerfile}:{first.line}: {first.reference}: changed{others}; the image is stale"
            )
        elif before is not None and was and not after.causes:
            delivered = any(after.baseline.get(it, old) != old for it, old in before.baseline.items())
            what = "counts as rebuilt: its triggers are delivered" if delivered else "is fresh"
            self._report(f"{after.dockerfile}: the image {what}")
