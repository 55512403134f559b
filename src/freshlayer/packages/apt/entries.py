"""Index files as (key, value) entries, so that a look-up by name reads one value.

``packages``: a name → ``Name``: the packages of that name, and those that provide it. ``*``: all names of
packages; ``^``: task → names; both are read for patterns and tasks alone. ``!``: the names of essential
packages. ``sources``: the name of a source
package → its ``SourceRecord``s. ``release``: a field, or ``/PATH`` of an index file → ``SHA256 SIZE``, or
``SHA512 SIZE`` where there is no SHA256.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from freshlayer.model.packages import Entries
from freshlayer.packages.apt.stanzas import reader_of, stanzas

ALL_NAMES = "*"
TASKS = "^"
ESSENTIAL = "!"


class Record(Struct, frozen=True, array_like=True):
    """The fields of a binary package that decide what is installed. As they are in the index, as text."""

    name: str
    version: str
    architecture: str
    pre_depends: str = ""
    depends: str = ""
    conflicts: str = ""
    breaks: str = ""
    recommends: str = ""
    suggests: str = ""
    replaces: str = ""
    provides: str = ""
    multi_arch: str = ""
    essential: str = ""
    important: str = ""
    priority: str = ""
    section: str = ""
    source: str = ""
    size: str = ""
    installed_size: str = ""
    sha256: str = ""
    digest: str = ""
    """``sha512:…`` or ``md5:…``, where there is no SHA256."""


class Name(Struct, frozen=True, array_like=True):
    """What an index has under a name. ``order``: the place where the file first mentions the name."""

    order: int
    records: list[Record] = []
    providers: list[str] = []


class SourceRecord(Struct, frozen=True, array_like=True):
    """The fields of a source package that ``build-dep`` reads."""

    name: str
    version: str
    build_depends: str = ""
    build_depends_indep: str = ""
    build_depends_arch: str = ""
    build_conflicts: str = ""
    build_conflicts_indep: str = ""
    build_conflicts_arch: str = ""
    binary: str = ""


_FIELDS = (
    *("Package", "Version", "Architecture", "Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends"),
    *("Suggests", "Replaces", "Provides", "Multi-Arch", "Essential", "Important", "Priority", "Section"),
    *("Source", "Size", "Installed-Size", "SHA256"),
)
_ABSENT = ("",) * len(_FIELDS)
_OTHER_FIELDS = ("SHA512", "MD5sum", "Task", "Enhances")
_RELATIONS = (
    *("Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests", "Replaces", "Enhances"),
    "Provides",
)
_SOURCE_FIELDS = (
    *("Package", "Version", "Build-Depends", "Build-Depends-Indep", "Build-Depends-Arch"),
    *("Build-Conflicts", "Build-Conflicts-Indep", "Build-Conflicts-Arch", "Binary"),
)
RELEASE_FIELDS = (
    *("Origin", "Label", "Suite", "Version", "Codename", "Date", "Valid-Until", "NotAutomatic"),
    *("ButAutomaticUpgrades", "Acquire-By-Hash", "Architectures", "Components"),
    "No-Support-for-Architecture-all",
)

_READ = reader_of((*_FIELDS, *_OTHER_FIELDS))
_READ_SOURCE = reader_of(_SOURCE_FIELDS)
_READ_RELEASE = reader_of((*RELEASE_FIELDS, "SHA256", "SHA512"))
_MENTIONED = re.compile(r"[,|]\s*([A-Za-z0-9][^\s,|:(]*)")
_LINE = re.compile(r"^[ \t]+([0-9a-f]{64}|[0-9a-f]{128})[ \t]+(\d+)[ \t]+(\S+)$", re.MULTILINE)

_encode = msgspec.msgpack.encode
_MOST_NAMES = 2 << 20
_MOST_RECORDS = 1 << 20
_MOST_BYTES = 512 << 20
"""Of all records of a file, which are in memory while it is read."""


def entries_of(kind: str, content: BinaryIO) -> Entries:
    """The entries of an index file. Raises ValueError for what is not one."""
    match kind:
        case "packages":
            return _of_packages(stanzas(content))
        case "sources":
            return _of_sources(stanzas(content))
        case _:
            return _of_release(content)


def names_in(relation: str) -> list[str]:
    """The names of packages in a field."""
    return _MENTIONED.findall(f",{relation}")


def fields_of(stanza: str) -> dict[str, str]:
    """The fields of a stanza of an index, or of dpkg's status."""
    return dict(_READ(stanza))


def values_of(fields: dict[str, str]) -> list[str]:
    """The values of a ``Record``, in its order."""
    values = list(map(fields.get, _FIELDS, _ABSENT))
    if not values[-1]:
        values.append(_other_digest(fields))
    return values


def _other_digest(fields: dict[str, str]) -> str:
    for name, scheme in (("SHA512", "sha512"), ("MD5sum", "md5")):
        if name in fields:
            return f"{scheme}:{fields[name]}"
    return ""


class _Names:
    """What is gathered of the names of a file; values are kept encoded, which takes a fifth of the memory."""

    def __init__(self) -> None:
        self.order: dict[str, int] = {}
        self.records: dict[str, list[bytes]] = {}
        self.providers: dict[str, list[str]] = {}
        self.tasks: dict[str, list[str]] = {}
        self.essential: dict[str, None] = {}
        self.count = self.size = 0

    def add(self, fields: dict[str, str]) -> None:
        name = fields["Package"]
        self.order.setdefault(name, len(self.order))
        for relation in _RELATIONS:
            if relation in fields:
                for mentioned in names_in(fields[relation]):
                    if mentioned not in self.order:
                        self.order[mentioned] = len(self.order)
        record = _encode(values_of(fields))
        self.count, self.size = self.count + 1, self.size + len(record)
        if self.count > _MOST_RECORDS or self.size > _MOST_BYTES or len(self.order) > _MOST_NAMES:
            raise ValueError("it has more packages than are read")
        self.records.setdefault(name, []).append(record)
        for provided in names_in(fields["Provides"]) if "Provides" in fields else ():
            self.providers.setdefault(provided, []).append(name)
        if fields.get("Essential") == "yes":
            self.essential[name] = None
        for task in fields["Task"].replace(",", " ").split() if "Task" in fields else ():
            self.tasks.setdefault(task, []).append(name)

    def entries(self) -> Entries:
        for name in self.records.keys() | self.providers.keys():
            records = [msgspec.Raw(record) for record in self.records.get(name, ())]
            providers = list(dict.fromkeys(self.providers.get(name, ())))
            yield name, _encode((self.order[name], records, providers))
        yield ALL_NAMES, "\n".join(self.records).encode()
        yield TASKS, _encode(self.tasks)
        yield ESSENTIAL, "\n".join(self.essential).encode()


def _of_packages(read: Iterable[str]) -> Entries:
    names = _Names()
    for stanza in read:
        fields = fields_of(stanza)
        if not ("Package" in fields and "Version" in fields):
            raise ValueError("a stanza has no Package or no Version")
        names.add(fields)
    return names.entries()


def _of_sources(read: Iterable[str]) -> Entries:
    found: dict[str, list[list[str]]] = {}
    for stanza in read:
        fields = dict(_READ_SOURCE(stanza))
        if not ("Package" in fields and "Version" in fields):
            raise ValueError("a stanza has no Package or no Version")
        if len(found) > _MOST_RECORDS:
            raise ValueError("it has more packages than are read")
        values = [fields.get(name, "") for name in _SOURCE_FIELDS]
        found.setdefault(fields["Package"], []).append(values)
    yield from ((name, _encode(values)) for name, values in found.items())


_LARGEST_RELEASE = 16 << 20


def _of_release(content: BinaryIO) -> Entries:
    text = content.read(_LARGEST_RELEASE).decode("utf-8", "replace").replace("\r\n", "\n")
    fields = dict(_READ_RELEASE(_unsigned(text)))
    if not fields:
        raise ValueError("it has no field of a Release file")
    return _release_entries(fields)


def _release_entries(fields: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    stronger = fields.pop("SHA512", "")
    lines = fields.pop("SHA256", "") or stronger
    yield from ((name, value.strip().encode()) for name, value in fields.items())
    files = {path: f"{digest} {size}" for digest, size, path in _LINE.findall("\n" + lines)}
    yield from ((f"/{path}", value.encode()) for path, value in files.items())


def _unsigned(text: str) -> str:
    """The text of an InRelease file without its signature (RFC 9580, 7)."""
    if not text.startswith("-----BEGIN PGP SIGNED MESSAGE-----"):
        return text
    _, _, text = text.partition("\n\n")
    text, _, _ = text.partition("\n-----BEGIN PGP SIGNATURE-----")
    return text.replace("\n- ", "\n")
