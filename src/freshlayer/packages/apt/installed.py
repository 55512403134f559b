"""What dpkg has installed: its status, and what earlier commands of a chain install."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.packages.apt.entries import Record, fields_of, names_in, values_of
from freshlayer.packages.apt.relations import provided_of
from freshlayer.packages.apt.stanzas import reader_of

Key = tuple[str, str]
"""Name and architecture, as in the record."""

_STATUS = reader_of(("Status",))
_AUTO = reader_of(("Package", "Architecture", "Auto-Installed"))


class InstalledPackage(Struct, frozen=True):
    """A package that is installed. ``automatic``: because another needed it."""

    record: Record
    held: bool = False
    automatic: bool = False


class Installed:
    """The packages that are installed. A value: ``but`` makes another.

    ``holds``: the names of packages that are not installed, and are not to be.
    """

    def __init__(self, packages: Mapping[Key, InstalledPackage], holds: frozenset[str] = frozenset()) -> None:
        self.packages = packages
        self.holds = holds
        self._names: dict[str, list[InstalledPackage]] = {}
        self._providers: dict[str, list[str]] = {}
        for package in packages.values():
            self._names.setdefault(package.record.name, []).append(package)
            if package.record.provides:
                for provided in provided_of(package.record.provides):
                    self._providers.setdefault(provided.name, []).append(package.record.name)

    def of(self, name: str) -> list[InstalledPackage]:
        """Those of a name."""
        return self._names.get(name, [])

    def knows(self, name: str) -> bool:
        """Whether one has the name, or provides it."""
        return name in self._names or name in self._providers

    def names(self) -> Iterable[str]:
        """All names."""
        return self._names

    def providers(self, name: str) -> list[str]:
        """The names of those that provide a name."""
        return self._providers.get(name, [])

    def mentioning(self, name: str) -> list[Key]:
        """Those of which a relation names a package."""
        return self._mentions.get(name, [])

    def from_source(self, source: str) -> list[Key]:
        """Those that are built from a source."""
        return self._sources.get(source, [])

    @cached_property
    def _mentions(self) -> dict[str, list[Key]]:
        found: dict[str, list[Key]] = {}
        for key, package in self.packages.items():
            for name in mentioned_in(package.record):
                found.setdefault(name, []).append(key)
        return found

    @cached_property
    def _sources(self) -> dict[str, list[Key]]:
        found: dict[str, list[Key]] = {}
        for key, package in self.packages.items():
            found.setdefault(source_of(package.record)[0], []).append(key)
        return found

    def manual(self, keys: Iterable[Key]) -> Installed:
        """With these no longer automatic."""
        chosen = {key for key in keys if key in self.packages and self.packages[key].automatic}
        if not chosen:
            return self
        return self.but((), [replace(self.packages[key], automatic=False) for key in chosen])

    def but(self, removed: Iterable[Key], added: Iterable[InstalledPackage]) -> Installed:
        """With these removed, and then these added."""
        gone = set(removed)
        left = {key: package for key, package in self.packages.items() if key not in gone}
        return Installed(left | {_key(package.record): package for package in added}, self.holds)

    def holding(self, name: str, *, held: bool) -> Installed:
        """With a name among ``holds``, or not."""
        return Installed(self.packages, self.holds | {name} if held else self.holds - {name})

    def is_held(self, record: Record) -> bool:
        """Whether a package stays held when it is installed."""
        return record.name in self.holds or any(
            one.held for one in self.of(record.name) if one.record.architecture == record.architecture
        )


def source_of(record: Record) -> tuple[str, str]:
    """Name and version of the source of a package."""
    source, _, version = record.source.partition(" ")
    return source or record.name, version.strip("()") or record.version


def mentioned_in(record: Record) -> set[str]:
    """The names in the relations of a package."""
    fields = (
        *(record.pre_depends, record.depends, record.conflicts, record.breaks),
        *(record.recommends, record.suggests),
    )
    return {name for field in fields if field for name in names_in(field)}


def _key(record: Record) -> Key:
    return record.name, record.architecture


def installed_of(status: str, extended_states: str = "") -> Installed:
    """From dpkg's status, and apt's extended states."""
    automatic = set(_automatic(extended_states))
    found: dict[Key, InstalledPackage] = {}
    holds: set[str] = set()
    for stanza in status.split("\n\n"):
        words = dict(_STATUS(stanza)).get("Status", "install ok installed").split()
        fields = fields_of(stanza)
        if words[:1] == ["hold"] and words[-1:] != ["installed"]:
            holds.add(fields.get("Package", ""))
        if fields.get("Package") and fields.get("Version") and words[-1:] == ["installed"]:
            record = msgspec.convert(values_of(fields), Record)
            name = (record.name, record.architecture)
            found[name] = InstalledPackage(record, "hold" in words[:1], name in automatic)
    return Installed(found, frozenset(holds))


def _automatic(text: str) -> Iterator[Key]:
    for stanza in text.split("\n\n"):
        fields = dict(_AUTO(stanza))
        if fields.get("Auto-Installed") == "1":
            yield fields.get("Package", ""), fields.get("Architecture", "")
