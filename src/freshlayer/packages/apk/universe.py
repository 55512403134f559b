"""The packages that there are: those of indexes and those that are installed, by the names they have. Pure.

Names are read when they are first looked at, for an index has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from freshlayer.model.packages import Index
from freshlayer.packages.apk.dependencies import Dependency, all_of
from freshlayer.packages.apk.marks import NONE
from freshlayer.packages.apk.records import Record, names_of, packages_of

NO_TAG = ""


class Package:
    """A package, and what a solver knows of it. Two of the same name, version and bytes are one.

    ``tags``: of the repositories that have it; ``place``: that of the first one, or -1. ``virtual``: made by
    ``apk add --virtual``. The fields below are of one solution: ``usable``: not yet ruled out; ``conflicts``:
    how many constraints exclude it; ``allowed``: the tags from which it may come; ``fitting``: whether one of
    its repositories is allowed, ``preferred``: or even preferred; ``triggered``: install_if is fulfilled;
    ``marks`` and ``inherited``: what the command sets for it, and for what it needs; ``applied``: its
    dependencies that have been followed.
    """

    def __init__(self, record: Record, *, installed: bool = False, virtual: bool = False) -> None:
        self.record = record
        self.name, self.version = record.name, record.version
        self.depends = all_of(record.depends)
        self.provides = all_of(record.provides)
        self.conditions = all_of(record.install_if)
        self.priority = record.priority
        self.installed, self.virtual = installed, virtual
        self.tags = {record.tag} if installed else {NO_TAG} if virtual else set[str]()
        self.place = -1
        self.marks, self.inherited = NONE, NONE
        self.usable, self.conflicts, self.triggered = True, 0, False
        self.allowed = {NO_TAG}
        self.fitting = self.preferred = False
        self.applied = set[Dependency]()

    @property
    def is_available(self) -> bool:
        """Whether a repository has it."""
        return self.place >= 0 or self.virtual

    def found_in(self, place: int, tag: str) -> None:
        """One more repository that has it."""
        self.place = place if self.place < 0 else min(place, self.place)
        self.tags.add(tag)

    def settled(self) -> None:
        """What follows from its repositories, once they are all known."""
        self.preferred = NO_TAG in self.tags
        self.fitting = self.preferred or self.installed or self.virtual


class Provider(NamedTuple):
    """A package under one of its names. ``version``: None for a name that is provided without one."""

    package: Package
    version: str | None

    def meets(self, dependency: Dependency, of: Package | None = None) -> bool:
        """Whether it meets a dependency; for a conflict: whether it is not what that excludes."""
        if dependency.conflict and of is self.package:
            return True
        return dependency.matches(self.version, self.package.record.checksum) is not dependency.conflict


class Universe:
    """``indexes``: in the order of the repositories, with the tag of each."""

    def __init__(self, indexes: Sequence[tuple[Index, str]], installed: Iterable[Package]) -> None:
        self._indexes = indexes
        self._providers: dict[str, list[Provider]] = {}
        self._packages: dict[str, dict[tuple[str, str], Package]] = {}
        self._installed: dict[str, list[Package]] = {}
        self._conditional: dict[str, list[str]] = {}
        for package in installed:
            self._add(package)

    def _add(self, package: Package) -> None:
        for name in {package.name, *(provided.name for provided in package.provides)}:
            self._installed.setdefault(name, []).append(package)
        for condition in package.conditions:
            self._conditional.setdefault(condition.name, []).append(package.name)

    def providers(self, name: str) -> list[Provider]:
        """All packages that have the name, or provide it."""
        if (known := self._providers.get(name)) is not None:
            return known
        names = dict.fromkeys([name, *(package.name for package in self._installed.get(name, ()))])
        for index, _ in self._indexes:
            names |= dict.fromkeys(names_of(index.get(f"provides:{name}")))
        found = [
            one for of in names for package in self._named(of) if (one := _as(package, name)) is not None
        ]
        self._providers[name] = found
        return found

    def conditional(self, name: str) -> list[str]:
        """The names of packages that are installed by themselves beside ``name`` and others."""
        names = dict.fromkeys(self._conditional.get(name, ()))
        for index, _ in self._indexes:
            names |= dict.fromkeys(names_of(index.get(f"if:{name}")))
        return list(names)

    def _named(self, name: str) -> Iterable[Package]:
        if (known := self._packages.get(name)) is not None:
            return known.values()
        found = {
            (package.version, package.record.checksum): package
            for package in self._installed.get(name, ())
            if package.name == name
        }
        for place, (index, tag) in enumerate(self._indexes):
            for record in packages_of(index.get(f"name:{name}")):
                identity = (record.version, record.checksum)
                found.setdefault(identity, Package(record)).found_in(place, tag)
        for package in found.values():
            package.settled()
        self._packages[name] = found
        return found.values()


def _as(package: Package, name: str) -> Provider | None:
    if package.name == name:
        return Provider(package, package.version)
    provided = next((one for one in package.provides if one.name == name), None)
    return None if provided is None else Provider(package, provided.version or None)
