"""The packages that apt sees, read from indexes by name as they are needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from freshlayer.model.packages import Index
from freshlayer.packages.apt.entries import ALL_NAMES, ESSENTIAL, TASKS, Name, Record
from freshlayer.packages.apt.installed import Installed, Key, source_of
from freshlayer.packages.apt.preferences import Origin, Policy
from freshlayer.packages.apt.relations import Alternative, Clause, Kind, clauses_of, provided_of
from freshlayer.packages.apt.versions import Key as VersionKey
from freshlayer.packages.apt.versions import satisfies, version_key

ANY = "any"

PRIORITIES = {"required": 1, "important": 2, "standard": 3, "optional": 4, "extra": 5}

_read_name = msgspec.msgpack.Decoder(Name).decode
_read_tasks = msgspec.msgpack.Decoder(dict[str, list[str]]).decode


class File(Struct, frozen=True):
    """An index file of packages, and from where it is."""

    index: Index
    origin: Origin


class Version:
    """A version of a package. ``origins``: numbers of the files that have it."""

    __slots__ = (
        *("_clauses", "_provided", "allowed", "foreign", "origins", "package", "priority"),
        *("record", "same", "source", "source_version", "version"),
    )

    def __init__(self, package: Package, record: Record) -> None:
        self.package = package
        self.record = record
        self.version = record.version
        self.origins: list[int] = []
        self.same = record.multi_arch == "same"
        self.foreign = record.multi_arch == "foreign"
        self.allowed = record.multi_arch == "allowed"
        self.priority = PRIORITIES.get(record.priority, 0)
        self.source, self.source_version = source_of(record)
        self._clauses: tuple[Clause, ...] | None = None
        self._provided: tuple[Alternative, ...] | None = None

    @property
    def key(self) -> VersionKey:
        """What versions are sorted by."""
        return version_key(self.version)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Its relations, in apt's order."""
        if self._clauses is None:
            self._clauses = _clauses_of(self.record)
        return self._clauses

    @property
    def provided(self) -> tuple[Alternative, ...]:
        """What it provides."""
        if self._provided is None:
            self._provided = provided_of(self.record.provides)
        return self._provided

    def __repr__(self) -> str:
        return f"{self.package}={self.version}"


def _clauses_of(record: Record) -> tuple[Clause, ...]:
    fields = (
        (record.pre_depends, Kind.PRE_DEPENDS),
        (record.depends, Kind.DEPENDS),
        (record.conflicts, Kind.CONFLICTS),
        (record.breaks, Kind.BREAKS),
        (record.recommends, Kind.RECOMMENDS),
        (record.suggests, Kind.SUGGESTS),
    )
    return tuple(clause for text, kind in fields if text for clause in clauses_of(text, kind))


class Package:
    """A package of one architecture. ``versions``: the newest first. ``order``: apt's own number of it."""

    __slots__ = ("architecture", "current", "essential", "held", "important", "name", "order", "versions")

    def __init__(self, name: str, architecture: str, order: tuple[int, int]) -> None:
        self.name = name
        self.architecture = architecture
        self.order = order
        self.versions: list[Version] = []
        self.current: Version | None = None
        self.essential = False
        self.important = False
        self.held = False

    def __repr__(self) -> str:
        return f"{self.name}:{self.architecture}"


class Offer(Struct, frozen=True):
    """A version that a relation may mean. ``provided``: the version to compare; None where there is none.

    ``own``: whether it has the name itself, and does not provide it.
    """

    version: Version
    provided: str | None
    own: bool

    def fulfils(self, alternative: Alternative) -> bool:
        """Whether its version is as wanted."""
        if not alternative.operator:
            return True
        return self.provided is not None and satisfies(
            self.provided, alternative.operator, alternative.version
        )


class Universe:
    """All packages of the files and of dpkg's status."""

    def __init__(
        self,
        files: Sequence[File],
        installed: Installed,
        policy: Policy,
        architectures: Sequence[str],
        *,
        ignore_hold: bool = False,
    ) -> None:
        self._ignore_hold = ignore_hold
        self.files = files
        self.installed = installed
        self.policy = policy
        self.architectures = architectures
        self.native = architectures[0]
        self._groups: dict[str, dict[str, Package]] = {}
        self._offers: dict[tuple[str, str], list[Offer]] = {}
        self._provider_names: dict[str, list[str]] = {}

    def group(self, name: str) -> dict[str, Package]:
        """Architecture → the package of that name."""
        found = self._groups.get(name)
        if found is None:
            found = self._groups[name] = {}
            self._read(name, found)
        return found

    def package(self, name: str, architecture: str) -> Package | None:
        """A package that has at least one version."""
        return self.group(name).get(architecture)

    def _read(self, name: str, group: dict[str, Package]) -> None:
        providers: list[str] = []
        for number, file in enumerate(self.files):
            value = file.index.get(name)
            if value is not None:
                found = _read_name(value)
                providers += found.providers
                for record in found.records:
                    self._add(group, record, (number, found.order), number)
        for status in self.installed.of(name):
            version = self._add(group, status.record, (len(self.files), 0), None)
            version.package.current = version
            version.package.held = status.held and not self._ignore_hold
        if name in self.installed.holds and not self._ignore_hold:
            for package in group.values():
                package.held |= package.current is None
        for package in group.values():
            if len(package.versions) > 1:
                package.versions.sort(key=lambda version: version.key, reverse=True)
        providers += self.installed.providers(name)
        self._provider_names[name] = list(dict.fromkeys(providers))

    def _add(
        self, group: dict[str, Package], record: Record, order: tuple[int, int], number: int | None
    ) -> Version:
        architecture = self.native if record.architecture in {"all", ""} else record.architecture
        package = group.get(architecture)
        if package is None:
            package = group[architecture] = Package(record.name, architecture, order)
        package.essential |= record.essential == "yes"
        package.important |= record.important == "yes"
        for version in package.versions:
            if _same(version.record, record):
                break
        else:
            version = Version(package, record)
            package.versions.append(version)
        if number is not None and number not in version.origins:
            version.origins.append(number)
        return version

    def offers(self, alternative: Alternative, parent: Package, *, negative: bool) -> list[Offer]:
        """What a relation of a package may mean, whatever its version."""
        wanted = alternative.architecture
        if negative and not wanted:
            wanted = "*"
        elif not wanted:
            wanted = parent.architecture
        elif wanted == "native":
            wanted = self.native
        key = (alternative.name, wanted)
        found = self._offers.get(key)
        if found is None:
            found = self._offers[key] = list(self._find_offers(alternative.name, wanted))
        return found

    def _find_offers(self, name: str, wanted: str) -> Iterator[Offer]:
        group = self.group(name)
        for package in group.values():
            for version in package.versions:
                if _reaches(version, wanted) or (version.foreign and wanted != ANY):
                    yield Offer(version, version.version, True)
        for provider in self._provider_names.get(name, ()):
            for package in self.group(provider).values():
                for version in package.versions:
                    yield from self._provides(version, name, wanted)

    def _provides(self, version: Version, name: str, wanted: str) -> Iterator[Offer]:
        for provided in version.provided:
            if provided.name == name and (
                provided.architecture == wanted
                if provided.architecture
                else _reaches(version, wanted) or (version.foreign and wanted != ANY)
            ):
                yield Offer(version, provided.version or None, False)

    def candidate(self, package: Package) -> Version | None:
        """The version that apt would install, by the priorities of all."""
        best, most = None, -1
        current = package.current
        for version in package.versions:
            priority = self._priority(version)
            if priority == 0 or priority <= most:
                continue
            if current is None or current is version or priority >= 1000 or version.key >= current.key:
                best, most = version, priority
        return best

    def _priority(self, version: Version) -> int:
        name, source = version.package.name, (version.source, version.source_version)
        if version is version.package.current:
            return self.policy.priority_installed(name, source, version.version, version.origins)
        return self.policy.priority(name, source, version.version, version.origins)

    def names(self) -> Iterable[str]:
        """The names of all packages."""
        return dict.fromkeys([*self._listed(ALL_NAMES), *self.installed.names()])

    def essential(self) -> list[Package]:
        """The essential packages of the native architecture, in apt's order."""
        found = (self.package(name, self.native) for name in dict.fromkeys(self._listed(ESSENTIAL)))
        return in_order(package for package in found if package is not None)

    def _listed(self, key: str) -> Iterator[str]:
        for file in self.files:
            yield from (file.index.get(key) or b"").decode().splitlines()

    def task(self, name: str) -> Iterator[str]:
        """The names of the packages of a task."""
        for file in self.files:
            tasks = file.index.get(TASKS)
            yield from _read_tasks(tasks).get(name, ()) if tasks else ()

    def current_packages(self) -> list[Package]:
        """The packages that are installed, in the order in which apt walks over packages."""
        found = (self.installed_package(key) for key in self.installed.packages)
        return in_order(package for package in found if package is not None)

    def installed_package(self, key: Key) -> Package | None:
        """The package of an installed one. Those for all architectures count as native."""
        name, architecture = key
        return self.package(name, self.native if architecture in {"all", ""} else architecture)

    def installed_from(self, source: str) -> list[Package]:
        """The packages that are installed and built from a source, in apt's order."""
        found = (self.installed_package(key) for key in self.installed.from_source(source))
        return in_order(package for package in found if package is not None)


def _reaches(version: Version, wanted: str) -> bool:
    if wanted == ANY:
        return version.allowed
    return wanted in {"*", version.package.architecture}


_SPACES = re.compile(r"[\s=]|(?<![0-9])0:")


def _plain(text: str) -> str:
    """A relation as dpkg and archives write it alike."""
    return _SPACES.sub("", text).lower()


def _same(one: Record, other: Record) -> bool:
    """Whether two records are of the same package: apt compares what dpkg keeps of it, too."""
    if one.version != other.version or one.multi_arch != other.multi_arch:
        return False
    if one.size and other.size and one.size != other.size:
        return False
    return one.installed_size == other.installed_size and all(
        mine == theirs or _plain(mine) == _plain(theirs)
        for mine, theirs in zip(_relations(one), _relations(other), strict=True)
    )


def _relations(record: Record) -> tuple[str, ...]:
    return (record.depends, record.pre_depends, record.conflicts, record.breaks, record.replaces)


_BUCKETS = 196613


@lru_cache(maxsize=1 << 15)
def _bucket(name: str) -> int:
    number = 5381
    for code in name.lower().encode():
        number = (33 * number + code) & 0xFFFFFFFF
    return number % _BUCKETS


def in_order(packages: Iterable[Package]) -> list[Package]:
    """As apt walks over packages: by the buckets of its hash table."""
    return sorted(packages, key=lambda package: (_bucket(package.name), package.name, package.architecture))
