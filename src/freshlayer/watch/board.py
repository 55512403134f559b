"""What the service knows now, for its API: written by the rounds, read by the thread that serves."""

from __future__ import annotations

import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from freshlayer.model.observation import Verdict
from freshlayer.model.report import Report
from freshlayer.model.watched import Standing
from freshlayer.report.document import of_check
from freshlayer.watch.firing import Rule
from freshlayer.watch.metrics import Figures
from freshlayer.watch.pages.shown import Shown
from freshlayer.watch.stuck import stuck


class Entry(Struct, frozen=True):
    """``document``: as of ``check --json``, compressed."""

    standing: Standing
    document: bytes

    @property
    def json(self) -> bytes:
        """The document as JSON."""
        return zlib.decompress(self.document)


class Board:
    """Thread-safe. An entry is never changed, only replaced. ``rules``: of the triggers.

    ``is_read``: whether there is an API that reads it; where there is none, nothing is kept.
    """

    def __init__(self, rules: Sequence[Rule] = (), *, is_read: bool = True) -> None:
        self._lock = threading.Lock()
        self.is_read = is_read
        self.shown = Shown(rules)
        self._triggers = frozenset(rule.name for rule in rules)
        self._problems: dict[str, str] = {}
        self._entries: dict[str, Entry] = {}
        self._documents: dict[str, bytes] = {}
        self._probes: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._references = self._rounds = self._undelivered = 0
        self._lag = 0.0
        self.quotas: Mapping[str, tuple[int, float]] = {}
        self._dead: Callable[[], Sequence[str]] = tuple

    def deliver_by(self, dead: Callable[[], Sequence[str]]) -> None:
        """``dead``: names the triggers that nothing delivers for any more."""
        self._dead = dead

    @property
    def dead(self) -> Sequence[str]:
        """The triggers that nothing delivers for any more: their threads ended by a fault."""
        return self._dead()

    def waiting(
        self, undelivered: int, dockerfiles: Collection[str] = (), tries: Iterable[tuple[str, str, int]] = ()
    ) -> None:
        """Note how many messages are not delivered, and of which Dockerfiles.

        ``tries``: Dockerfile, trigger, and how often its message was tried.
        """
        self._undelivered = undelivered
        self.shown.undelivered = dockerfiles
        self.shown.stuck = stuck(tries, self._triggers, self._problems)

    def delivery_ended(self, trigger: str, problem: str) -> bool:
        """Note why a trigger is not delivered, or that it is. Whether that is another problem than before."""
        before = self._problems.get(trigger, "")
        self._problems = {**self._problems, trigger: problem}
        return before != problem

    def probed(self, host: str, *, failed: bool) -> None:
        """Count a probe."""
        with self._lock:
            self._probes[host] += 1
            self._failures[host] += failed

    def noted(self, verdict: Verdict, at: int) -> None:
        """Keep how a probe ended. ``at``: seconds since 1970."""
        if self.is_read:
            self.shown.probes.note(verdict, at)

    def judged(self, name: str, report: Report) -> None:
        """Take a report; it is shown once its round has ended."""
        if not self.is_read:
            return
        self.shown.judged(name, report)
        self._documents[name] = zlib.compress(json.dumps(of_check(report)).encode())

    def round_ended(
        self,
        names: Iterable[str],
        standings: Mapping[str, Standing],
        *,
        references: int,
        lag: float,
        at: int,
        judges: bool = True,
    ) -> None:
        """Show what the round found. ``names``: the Dockerfiles that there are. ``lag``: in seconds.

        ``at``: seconds since 1970. ``judges``: whether this process judges; where another one does, what is
        known here is old.
        """
        known = sorted(name for name in names if name in self._documents)
        self._documents = {name: self._documents[name] for name in known}
        entries = {name: Entry(standings.get(name, Standing(name)), self._documents[name]) for name in known}
        self.shown.round_ended(known, standings, at, references, elsewhere=not judges)
        with self._lock:
            self._entries = entries
            self._references, self._lag = references, lag
            self._rounds += 1

    @property
    def is_ready(self) -> bool:
        """Whether a round has ended in which this process judged."""
        return self._rounds > 0 and not self.shown.elsewhere

    @property
    def unready(self) -> str:
        """Why it is not ready."""
        return "another process judges" if self.shown.elsewhere else "no round yet"

    @property
    def entries(self) -> Mapping[str, Entry]:
        """By Dockerfile, in the order of their paths."""
        return self._entries

    def figures(self, now: int) -> Figures:
        """For metrics. ``now`` in seconds since 1970."""
        with self._lock:
            since = [it.standing.stale_since for it in self._entries.values() if it.standing.causes]
            oldest = max((max(0, now - it) for it in since), default=0)
            return Figures(
                dockerfiles=len(self._entries),
                stale=len(since),
                oldest=oldest,
                references=self._references,
                rounds=self._rounds,
                lag=self._lag,
                undelivered=self._undelivered,
                dead=len(self.dead),
                probes=dict(self._probes),
                failures=dict(self._failures),
                quotas=self.quotas,
            )
