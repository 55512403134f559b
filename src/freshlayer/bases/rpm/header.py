"""A header of rpm: an index of tags over a store of data, big-endian (rpm, docs/manual/format.md).

It comes from an image: every offset and count is checked before it is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from msgspec import Struct

from freshlayer.bases.limits import ImageError
from freshlayer.model.base_image import InstalledRpm, RpmRelation, RpmRelations

_INTRODUCTION = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_MOST_TAGS = 64 * 1024
_LARGEST = 256 * 1024 * 1024
_MOST_VALUES = 1_000_000

_INT32, _STRING, _STRINGS, _TRANSLATED = 4, 6, 8, 9

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_INSTALLED_AT, _VENDOR, _ARCH, _SOURCE, _MODULE = 1008, 1011, 1022, 1044, 5096
_DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORY_NAMES = 1116, 1117, 1118
_RELATIONS = {
    "provides": (1047, 1112, 1113),
    "requires": (1049, 1048, 1050),
    "conflicts": (1054, 1053, 1055),
    "obsoletes": (1090, 1114, 1115),
    "recommends": (5046, 5048, 5047),
    "suggests": (5049, 5051, 5050),
    "supplements": (5052, 5054, 5053),
    "enhances": (5055, 5057, 5056),
}
"""Field → tags of names, flags and versions."""
_OPERATORS = {2: "<", 10: "<=", 8: "=", 12: ">=", 4: ">"}
_COMPARES = 2 | 4 | 8
_OF_RPM = "rpmlib("
_SENDMAIL = "/usr/lib/sendmail"


class Header(Struct, frozen=True):
    """``index``: tag → type, offset, count."""

    index: Mapping[int, tuple[int, int, int]]
    store: bytes

    def strings(self, tag: int) -> list[str]:
        """Raises ImageError."""
        kind, offset, count = self.index.get(tag, (_STRINGS, 0, 0))
        if kind not in {_STRING, _STRINGS, _TRANSLATED} or not count:
            return []
        found: list[str] = []
        for _ in range(1 if kind == _STRING else count):
            end = self.store.find(b"\0", offset)
            if end < 0:
                raise _damaged()
            found.append(self.store[offset:end].decode("utf-8", "replace"))
            offset = end + 1
        return found

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Raises ImageError."""
        kind, offset, count = self.index.get(tag, (_INT32, 0, 0))
        if kind != _INT32:
            return ()
        if offset + 4 * count > len(self.store):
            raise _damaged()
        return struct.unpack_from(f">{count}I", self.store, offset)

    def text(self, tag: int) -> str:
        """One string; empty where there is none."""
        return next(iter(self.strings(tag)), "")


def header(blob: bytes) -> Header:
    """Raises ImageError."""
    if len(blob) < _INTRODUCTION.size or len(blob) > _LARGEST:
        raise _damaged()
    tags, length = _INTRODUCTION.unpack_from(blob)
    start = _INTRODUCTION.size + tags * _ENTRY.size
    if tags > _MOST_TAGS or start + length > len(blob):
        raise _damaged()
    index: dict[int, tuple[int, int, int]] = {}
    for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_INTRODUCTION.size : start]):
        if count > _MOST_VALUES or offset > length:
            raise _damaged()
        index[tag] = kind, offset, count
    return Header(index, blob[start : start + length])


def package(blob: bytes) -> InstalledRpm:
    """The package that a header describes. Raises ImageError."""
    found = header(blob)
    if not found.text(_NAME):
        raise _damaged()
    return InstalledRpm(
        name=found.text(_NAME),
        version=found.text(_VERSION),
        release=found.text(_RELEASE),
        arch=found.text(_ARCH),
        epoch=next(iter(found.numbers(_EPOCH)), None),
        vendor=found.text(_VENDOR),
        source=found.text(_SOURCE),
        module=found.text(_MODULE),
        installed_at=next(iter(found.numbers(_INSTALLED_AT)), 0),
        files=tuple(dict.fromkeys(_files(found))),
        **{name: _relations(found, *tags) for name, tags in _RELATIONS.items()},
    )


def _relations(found: Header, names: int, flags: int, versions: int) -> RpmRelations:
    listed, bits, texts = found.strings(names), found.numbers(flags), found.strings(versions)
    relations = (
        _relation(name, bits[at] if at < len(bits) else 0, texts[at] if at < len(texts) else "")
        for at, name in enumerate(listed)
        if not name.startswith(_OF_RPM)
    )
    return tuple(dict.fromkeys(relations))


def _relation(name: str, flags: int, version: str) -> RpmRelation:
    operator = _OPERATORS.get(flags & _COMPARES, "")
    return RpmRelation(name, operator, version) if operator and version else RpmRelation(name)


def _files(found: Header) -> Iterator[str]:
    """The paths that createrepo_c writes to ``primary``."""
    directories, indexes = found.strings(_DIRECTORY_NAMES), found.numbers(_DIRECTORY_INDEXES)
    is_primary = [directory.startswith("/etc/") or "bin/" in directory for directory in directories]
    for name, at in zip(found.strings(_BASE_NAMES), indexes, strict=False):
        if at >= len(directories):
            raise _damaged()
        path = directories[at] + name
        if is_primary[at] or path == _SENDMAIL:
            yield path


def _damaged() -> ImageError:
    return ImageError("rpm-database-invalid", "a header of its rpm database is damaged")
