"""The builds that channels have of each package, and in which order conda takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby

from freshlayer.packages.conda.channels import Channels, Priority
from freshlayer.packages.conda.records import Record
from freshlayer.packages.conda.specs import Spec, constraint_of, spec_of
from freshlayer.packages.conda.versions import Version, ordered, version_of

Offered = Callable[[str], Sequence[tuple[int, Record]]]
"""Name of a package → (place of its channel, build). Raises where that is not known yet."""

_NO_VERSION = Version(())
_MOST_COMPARISONS = 20_000_000
"""Of a build with a requirement, in one resolution; more take minutes of processor time."""


class TooManyComparisonsError(Exception):
    """The channels have too many builds, or bounds of their own for too many of them."""


class Build:
    """Of a package; without a record it is the package's absence. ``place``: of its channel."""

    def __init__(self, name: str, place: int = 0, record: Record | None = None) -> None:
        self.name = name
        self.place = place
        self.record = record

    @cached_property
    def version(self) -> tuple[object, ...]:
        """For sorting."""
        stated = version_of(self.record.version) if self.record else None
        return (ordered(stated or _NO_VERSION),)

    @property
    def tracked(self) -> bool:
        """Whether it comes behind all that have no features."""
        return self.record is not None and self.record.tracked

    @cached_property
    def needs(self) -> list[Spec]:
        """What it requires of channels, and what it constrains."""
        record = self.record or Record(self.name, "", "")
        every = (*map(spec_of, record.depends), *map(constraint_of, record.constrains))
        return [it for it in every if it and not it.name.startswith("__")]


class Builds:
    """``virtual``: what the system has (``__glibc``) → its version, ``=`` and build; empty: any version.

    Methods that look for builds raise TooManyComparisonsError after ``most`` comparisons.
    """

    def __init__(
        self,
        offered: Offered,
        channels: Channels,
        virtual: Mapping[str, str],
        *,
        most: int = _MOST_COMPARISONS,
    ) -> None:
        self._most = most
        self._offered = offered
        self._channels = channels
        self._virtual = virtual
        self._of: dict[str, list[Build]] = {}
        self._absent: dict[str, Build] = {}
        self._matching: dict[Spec, dict[Build, None]] = {}
        self._best: dict[Spec, tuple[object, ...]] = {}
        self._comparisons = 0

    def of(self, name: str) -> list[Build]:
        """All builds that may be installed on the system, best first but for the order of equal ones."""
        if name not in self._of:
            every = [Build(name, place, record) for place, record in self._offered(name)]
            usable = [it for it in every if self._runs(it)]
            self._of[name] = sorted(usable, key=self._rank, reverse=True)
        return self._of[name]

    def absent(self, name: str) -> Build:
        """That a package is not installed."""
        return self._absent.setdefault(name, Build(name))

    def fitting(self, specs: Sequence[Spec]) -> list[Build]:
        """The builds that satisfy all, in the order of ``of``."""
        first, *others = (self._all(spec) for spec in specs)
        self._count(len(first))
        return [it for it in first if all(it in other for other in others)]

    def ordered(self, found: Sequence[Build]) -> Iterator[Build]:
        """In the order in which conda tries them. ``found``: in that of ``of``."""
        for group in self.groups(found):
            yield from group if len(group) == 1 else self._by_dependencies(group)

    def groups(self, found: Sequence[Build]) -> Iterator[list[Build]]:
        """Those of the same version and build number."""
        for _, group in groupby(found, key=self._rank):
            yield list(group)

    def takes(self, spec: Spec, build: Build) -> bool:
        """Whether a build satisfies a requirement."""
        self._count(1)
        return spec.optional if build.record is None else build in self._all(spec)

    def _all(self, spec: Spec) -> dict[Build, None]:
        if spec not in self._matching:
            every = self.of(spec.name)
            self._count(len(every))
            if self._channels.priority is Priority.STRICT and not spec.channel:
                first = min((it.place for it in every), default=0)
                every = [it for it in every if it.place == first]
            own = (it for it in every if self._is_of(spec, it))
            self._matching[spec] = {it: None for it in own if it.record and spec.takes(it.record)}
        return self._matching[spec]

    def _count(self, comparisons: int) -> None:
        self._comparisons += comparisons
        if self._comparisons > self._most:
            raise TooManyComparisonsError

    def _is_of(self, spec: Spec, build: Build) -> bool:
        """Whether the channel is the one that a requirement names."""
        url = self._channels.urls[build.place]
        return not spec.channel or url == spec.channel or url.endswith(f"/{spec.channel}")

    def _runs(self, build: Build) -> bool:
        """Whether the system has what the build requires of it, and all its requirements are understood."""
        record = build.record
        if record is None or version_of(record.version) is None:
            return False
        needed = [spec_of(text) for text in record.depends]
        bounds = [constraint_of(text) for text in record.constrains if text.startswith("__")]
        known = [it for it in (*needed, *bounds) if it and it.name.startswith("__")]
        return None not in needed and all(map(self._has, known))

    def _has(self, spec: Spec) -> bool:
        stated = self._virtual.get(spec.name)
        if stated is None:
            return spec.optional
        version, _, build = stated.partition("=")
        return not version or spec.takes(Record(spec.name, version, build))

    def _rank(self, build: Build) -> tuple[object, ...]:
        place = -build.place if self._channels.priority is Priority.FLEXIBLE else 0
        return not build.tracked, place, build.version, build.record.number if build.record else 0

    def _by_dependencies(self, equal: Sequence[Build]) -> list[Build]:
        """Those whose common dependencies may be newest first, by the order of names; then the latest."""
        by_time = sorted(equal, key=lambda it: -(it.record.time if it.record else 0))
        named = [{spec.name for spec in it.needs if not spec.optional} for it in by_time]
        common = sorted(set(named[0]).intersection(*named[1:]))
        return sorted(by_time, key=lambda it: [self._newest(it, name) for name in common], reverse=True)

    def _newest(self, build: Build, name: str) -> tuple[object, ...]:
        """The highest version of a dependency that a build may get: the lowest of its requirements'."""
        every = [self._highest(it) for it in build.needs if it.name == name and not it.optional]
        return min(filter(None, every), default=())

    def _highest(self, spec: Spec) -> tuple[object, ...]:
        if spec not in self._best:
            found = ((it.version, not it.tracked) for it in self._all(spec))
            version, free = max(found, default=((), False))
            self._best[spec] = (free, version) if version else ()
        return self._best[spec]
