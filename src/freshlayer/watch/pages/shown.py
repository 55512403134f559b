"""What the pages show now: written by the rounds, read by the threads that serve."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from freshlayer.model.report import Report
from freshlayer.model.watched import SLOT, SLOTS, Counts, Standing
from freshlayer.watch.firing import Rule, overdue
from freshlayer.watch.pages.images import NEVER, STALE, UNKNOWN, Image, image_of, titles
from freshlayer.watch.pages.known import Known, Package, known_of
from freshlayer.watch.pages.probes import ProbeLog

_SPARE = 10_000


class CountKeeper(Protocol):
    """Counts that survive the process."""

    def counts(self) -> list[Counts]:
        """The oldest first."""

    def record_counts(self, counts: Counts) -> bool:
        """In place of those of its slot; whether that was recorded. The oldest ones are removed."""


class Shown:
    """Thread-safe. An image is never changed, only replaced. ``rules``: of the triggers.

    ``undelivered``: the Dockerfiles with a message that is not delivered, as of the last round.
    ``stuck``: Dockerfile → why its message can't be delivered.
    ``elsewhere``: whether another process judges, so that nothing new is shown here.
    """

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._rules = rules
        self.probes = ProbeLog()
        self.undelivered: Collection[str] = ()
        self.stuck: Mapping[str, str] = {}
        self.elsewhere = False
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._images: dict[str, Image] = {}
        self._samples: list[Counts] = []
        self._keeper: CountKeeper | None = None
        self._revision = 0
        self._probed = 0
        self._packages: dict[Package, Package] = {}
        self._most_packages = _SPARE

    def keep_counts(self, keeper: CountKeeper) -> None:
        """``keeper``: where counts survive a restart. It is used by the thread of the rounds alone."""
        self._keeper = keeper

    def judged(self, name: str, report: Report) -> None:
        """Take a report; it is shown once its round has ended."""
        known = known_of(report)
        shared = tuple(self._packages.setdefault(it, it) for it in known.packages)
        self._known[name] = replace(known, packages=shared)

    def round_ended(
        self,
        names: Collection[str],
        standings: Mapping[str, Standing],
        now: int,
        references: int,
        *,
        elsewhere: bool = False,
    ) -> None:
        """Show what the round found. ``names``: the Dockerfiles; ``references``: how many are scheduled."""
        self._known = {name: self._known[name] for name in names if name in self._known}
        self._forget_packages()
        self.probes.keep(references, self._references)
        images = {image.address: image for image in self._made(standings, now)}
        with self._lock:
            if images != self._images or elsewhere != self.elsewhere:
                self._revision += 1
            self._images, self.elsewhere = images, elsewhere
            self._probed = now
        if not elsewhere:
            self._count(now)

    def _references(self) -> set[str]:
        return {use.reference for known in self._known.values() for use in known.uses}

    def _forget_packages(self) -> None:
        """Images of a fleet have the same packages: each is kept once, for as long as an image has it."""
        if len(self._packages) > self._most_packages:
            self._packages = {it: it for known in self._known.values() for it in known.packages}
            self._most_packages = 2 * len(self._packages) + _SPARE

    def _made(self, standings: Mapping[str, Standing], now: int) -> Iterator[Image]:
        shorter = titles(tuple(self._known))
        before = {image.name: image for image in self._images.values()}
        for name, known in self._known.items():
            old = before.get(name)
            standing = standings.get(name) or Standing(name)
            same = old and old.known is known and old.standing is standing and old.title == shorter[name]
            found = old if old and same else image_of(name, shorter[name], standing, known)
            late = overdue(standing, self._rules, now) if standing.fired else 0
            lost = bool(late) and name in self.undelivered
            stuck = self.stuck.get(name, "") if standing.causes else ""
            since = self._unknown_since(known)
            now_so = replace(found, overdue=late, undelivered=lost, stuck=stuck, unknown_since=since)
            yield found if _notes(found) == _notes(now_so) else now_so

    def _unknown_since(self, known: Known) -> int:
        unknown = (use.reference for use in known.uses if not use.is_observed) if known.unknown else ()
        return min((it for it in map(self.probes.failing_since, unknown) if it), default=0)

    def _count(self, now: int) -> None:
        counts = Counter(image.state for image in self._images.values())
        sample = Counts(now // SLOT, counts[STALE], counts[UNKNOWN], counts[NEVER])
        if self._keeper is not None and (not self._samples or self._samples[-1].slot != sample.slot):
            # Another process may have counted meanwhile.
            self._samples = self._keeper.counts() or self._samples
        older = [it for it in self._samples if it.slot < sample.slot]
        known = next((it for it in self._samples if it.slot == sample.slot), None)
        sample = sample.worst(known) if known else sample
        self._samples = [*older, sample][-SLOTS:]
        if self._keeper is not None and sample != known:
            self._keeper.record_counts(sample)

    @property
    def rules(self) -> Sequence[Rule]:
        """Of the triggers."""
        return self._rules

    @property
    def images(self) -> Mapping[str, Image]:
        """By the address of their page, in the order of their paths."""
        return self._images

    @property
    def samples(self) -> tuple[Counts, ...]:
        """Counts over time, the oldest first."""
        return tuple(self._samples)

    @property
    def revision(self) -> int:
        """Another number whenever a page would show something else."""
        return self._revision

    @property
    def probed(self) -> int:
        """When the last round ended, in seconds since 1970; 0 before the first."""
        return self._probed


def _notes(image: Image) -> tuple[object, ...]:
    """What is known of an image beside its report and its standing."""
    return image.overdue, image.undelivered, image.stuck, image.unknown_since
