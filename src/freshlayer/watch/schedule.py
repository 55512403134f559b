"""When each reference is probed next. Pure: every time is passed in, in seconds of a monotonic clock.

A monotonic clock does not jump (CLOCK_MONOTONIC, POSIX), so that a changed wall clock moves no probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from math import inf
from urllib.parse import urlsplit

from msgspec import Struct, field

from freshlayer.model.quota import Quota
from freshlayer.model.turns import Turn
from freshlayer.reference import Reference
from freshlayer.watch.pacing import Spacing
from freshlayer.watch.quotas import Account

_SLACK = 64
"""So many entries that are void may be in the heap, whatever its length."""

_MOST_DOUBLINGS = 30


class Pace(Struct, frozen=True):
    """How often references are probed, in seconds.

    ``hosts``: by the host of the reference; ``kinds``: by its kind, where its host is not named. ``jitter``:
    as of Spacing. ``longest``: the limit of the wait after errors.
    """

    interval: float = 900.0
    hosts: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, float] = field(default_factory=dict)
    jitter: float = 0.1
    longest: float = 14400.0

    def of(self, reference: Reference) -> float:
        """The interval of a reference."""
        usual = self.kinds.get(reference.kind, self.interval)
        return self.hosts.get(host_of(reference), usual) if self.hosts else usual


class _Entry(Struct):
    """``interval``: the most seconds between two probes without an error. ``due``: when it is probed next.

    ``started``: when the probe that is under way started. ``is_new``: none has ended yet. ``rest``: until
    then the origin wants no request. ``ended``: when the last one ended, or -inf: something reports that it
    changed. ``host``: whose quota it uses.
    """

    interval: float
    due: float
    started: float | None = None
    is_new: bool = False
    errors: int = 0
    rest: float = -inf
    ended: float = -inf
    host: str = ""


class Schedule:
    """A heap of references by their next time. An entry that was moved leaves a void one behind.

    ``seed``: two services with different seeds do not probe an origin at the same moment.
    """

    def __init__(self, pace: Pace, seed: str) -> None:
        self._pace = pace
        self._key = blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._entries: dict[Reference, _Entry] = {}
        self._heap: list[tuple[float, int, Reference]] = []
        self._number = 0
        self._accounts: dict[str, Account] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, reference: Reference) -> bool:
        return reference in self._entries

    @property
    def held(self) -> int:
        """The length of the heap, with the void entries."""
        return len(self._heap)

    def add(self, reference: Reference, now: float, *, age: float | None = None, least: float = 0.0) -> None:
        """Schedule a reference; one that is scheduled keeps its time, or gets an earlier one.

        ``age``: seconds since its last probe; None where there was none: it is due now. A negative age, of
        a wall clock that was set back, counts as 0. ``least``: of its interval.
        """
        interval = max(self._pace.of(reference), least)
        known = self._entries.get(reference)
        if known is not None:
            if interval < known.interval:
                known.interval = interval
                self._move(reference, known, min(known.due, now + interval))
            return
        if age is None:
            self._move(reference, _Entry(interval, now, is_new=True), now)
            return
        probed = now - max(0.0, age)
        due = max(now, self._spacing(reference, interval).after(probed, probed))
        self._move(reference, _Entry(interval, due), due)

    def relax(self, reference: Reference, *, least: float) -> None:
        """Its interval is at least this by now. One that is longer counts from its last probe."""
        entry, interval = self._entries.get(reference), max(self._pace.of(reference), least)
        if entry is None or interval <= entry.interval:
            return
        later = 0.0 if entry.errors else interval - entry.interval
        entry.interval = interval
        self._move(reference, entry, entry.due + later)

    def remove(self, reference: Reference) -> None:
        """Never probe it again. One that is not scheduled is left alone."""
        entry = self._entries.pop(reference, None)
        if entry is not None:
            self._use(entry, "")
            self._compact()

    def take(self, now: float, most: int) -> list[Reference]:
        """At most so many of those that are due, the longest due first.

        Each is due again after its interval, even where ``answered`` is never called.
        """
        taken: list[Reference] = []
        while len(taken) < most and self.next_due() <= now:
            _, _, reference = heappop(self._heap)
            entry = self._entries[reference]
            if entry.host and (allowed := self._allowed(reference, entry, now)) > now:
                self._move(reference, entry, allowed)
                continue
            entry.started = now
            self._move(reference, entry, self._next(reference, entry, now))
            taken.append(reference)
        return taken

    def answered(
        self, reference: Reference, now: float, *, failed: bool, retry_after: float | None = None
    ) -> None:
        """Note how a probe ended. After errors the wait doubles, up to ``longest``.

        ``retry_after``: what the origin wants; it is never probed earlier, and waits at most ``longest``.
        """
        entry = self._entries.get(reference)
        if entry is None:
            return
        entry.errors = min(entry.errors + 1, _MOST_DOUBLINGS) if failed else 0
        entry.rest = -inf if retry_after is None else now + min(retry_after, self._pace.longest)
        due = self._next(reference, entry, now)
        if due < entry.rest:
            due = self._after_rest(reference, entry, now)
        # One that a quota left no answer for is as new as before.
        is_new = entry.is_new and failed and bool(entry.host)
        entry.started, entry.is_new, entry.ended = None, is_new, now
        self._move(reference, entry, due)

    def hurry(self, reference: Reference, now: float) -> None:
        """Probe it now, or once its origin takes requests again: something reports that it changed."""
        entry = self._entries.get(reference)
        if entry is not None and entry.due > (at := max(now, entry.rest)):
            entry.ended = -inf
            self._move(reference, entry, at)

    def note_quota(self, reference: Reference, quota: Quota, now: float) -> None:
        """Note what an answer states of the quota that the reference uses, before ``answered``."""
        entry = self._entries.get(reference)
        if entry is not None:
            self._use(entry, quota.host)
            self._accounts[quota.host].note(quota, now)

    def quotas(self, now: float) -> dict[str, tuple[int, float]]:
        """Host → the requests that are left of its quota, and the interval that it is enough for."""
        return {host: (it.remaining, it.interval(now)) for host, it in self._accounts.items()}

    def postpone(self, reference: Reference, due: float) -> None:
        """Another process probes it: look again then."""
        entry = self._entries.get(reference)
        if entry is not None:
            self._move(reference, entry, due)

    def note_errors(self, reference: Reference, errors: int) -> None:
        """How many probes of any process failed in a row."""
        entry = self._entries.get(reference)
        if entry is not None:
            entry.errors = min(errors, _MOST_DOUBLINGS)

    def interval_of(self, reference: Reference) -> float:
        """Seconds between two probes without an error; 0 where it is not scheduled."""
        entry = self._entries.get(reference)
        return entry.interval if entry is not None else 0.0

    def turn_of(self, reference: Reference, now: float) -> Turn | None:
        """When it is due again; None where it is not scheduled."""
        entry = self._entries.get(reference)
        if entry is None:
            return None
        return Turn(max(0.0, entry.due - now), entry.errors, max(0.0, entry.rest - now))

    def next_due(self) -> float:
        """When the next reference is due; infinity where there is none."""
        while self._heap:
            due, _, reference = self._heap[0]
            entry = self._entries.get(reference)
            if entry is not None and entry.due == due:
                return due
            heappop(self._heap)
        return inf

    def _next(self, reference: Reference, entry: _Entry, ended: float) -> float:
        """After a probe that ended then."""
        interval = self._interval(entry, ended)
        if entry.errors > 1:
            interval = min(interval * 2 ** (entry.errors - 1), max(self._pace.longest, interval))
        spacing = self._spacing(reference, interval)
        after = spacing.after_first if entry.is_new else spacing.after
        return after(ended if entry.started is None else entry.started, ended)

    def _after_rest(self, reference: Reference, entry: _Entry, now: float) -> float:
        """Those that wait for the start of the same quota are spread over what it is enough for."""
        if not entry.host:
            return entry.rest
        return self._spacing(reference, self._interval(entry, now)).place_from(entry.rest)

    def _interval(self, entry: _Entry, now: float) -> float:
        """Its own, or that of a quota which is not enough for it."""
        return max(entry.interval, self._accounts[entry.host].interval(now)) if entry.host else entry.interval

    def _allowed(self, reference: Reference, entry: _Entry, now: float) -> float:
        """When it may be probed that is due now: by now, more may use the same quota."""
        spacing = self._spacing(reference, self._interval(entry, now))
        after = spacing.after_first if entry.is_new else spacing.after
        rest = self._accounts[entry.host].rests_until(now)
        if entry.ended == -inf:
            return rest
        return max(spacing.place_from(rest) if rest else now, after(entry.ended, entry.ended))

    def _use(self, entry: _Entry, host: str) -> None:
        """From now on it uses the quota of this host; empty: of none."""
        if entry.host == host:
            return
        if entry.host:
            self._accounts[entry.host].references -= 1
            if not self._accounts[entry.host].references:
                del self._accounts[entry.host]
        if host:
            self._accounts.setdefault(host, Account()).references += 1
        entry.host = host

    def _spacing(self, reference: Reference, interval: float) -> Spacing:
        return Spacing(interval, self._pace.jitter, self._share(reference))

    def _share(self, reference: Reference) -> float:
        """A number from 0 to 1 that looks random, and follows from the reference and the seed."""
        text = reference.text.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=4, key=self._key).digest()) / 2**32

    def _move(self, reference: Reference, entry: _Entry, due: float) -> None:
        entry.due = due
        self._entries[reference] = entry
        self._number += 1
        heappush(self._heap, (due, self._number, reference))
        self._compact()

    def _compact(self) -> None:
        """Without its void entries, once these are most of it: its length follows that of the entries."""
        if len(self._heap) > 2 * len(self._entries) + _SLACK:
            self._heap = [(entry.due, n, r) for n, (r, entry) in enumerate(self._entries.items())]
            heapify(self._heap)
            self._number = len(self._heap)


def host_of(reference: Reference) -> str:
    """The host that a reference names; empty where it names none."""
    try:
        return urlsplit(reference.text).hostname or ""
    except ValueError:
        return ""
