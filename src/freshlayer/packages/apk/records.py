"""The lines of an index and of the database of installed packages → records. Pure.

An index is kept as entries: ``name:curl`` has the packages of a name, ``provides:cmd:curl`` the names whose
packages provide another name, and ``if:docs`` the names whose packages are installed by themselves
(install_if) beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from freshlayer.packages.apk.dependencies import parsed
from freshlayer.packages.base import DATED

_LONGEST_LINE = 1 << 20
_MOST_PACKAGES = 1 << 20
_MOST_WORDS = 4 << 20
"""Of all dependencies and provided names: each takes a hundred bytes or more while an index is read."""

_LARGEST = 1 << 29
_BLOCK = 512
_PIECE = 1 << 16


class Record(Struct, frozen=True, array_like=True):
    """A package as an index describes it. ``checksum``: ``Q1…`` as written. Dependencies are kept as text."""

    name: str
    version: str
    checksum: str = ""
    architecture: str = ""
    depends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    install_if: tuple[str, ...] = ()
    priority: int = 0
    origin: str = ""
    tag: str = ""


_ENCODER = msgspec.msgpack.Encoder()
_RECORDS = msgspec.msgpack.Decoder(tuple[Record, ...])
_NAMES = msgspec.msgpack.Decoder(tuple[str, ...])


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """The packages of an index, or of ``lib/apk/db/installed``: a line each field, an empty line between."""
    fields: dict[bytes, str] = {}
    for line in lines:
        text = line.rstrip(b"\r\n")
        if not text:
            if (record := _record(fields)) is not None:
                yield record
            fields = {}
        elif text[1:2] == b":":
            fields.setdefault(text[:1], text[2:].decode(errors="replace"))
    if (record := _record(fields)) is not None:
        yield record


def _record(fields: dict[bytes, str]) -> Record | None:
    name, version = fields.get(b"P"), fields.get(b"V")
    if not name or not version:
        return None
    depends, provides, install_if = (tuple(fields.get(field, "").split()) for field in (b"D", b"p", b"i"))
    priority = fields.get(b"k", "")
    return Record(
        name,
        version,
        fields.get(b"C", ""),
        fields.get(b"A", ""),
        depends,
        provides,
        install_if,
        int(priority) if priority.isdecimal() and len(priority) < 10 else 0,
        fields.get(b"o", ""),
        fields.get(b"s", ""),
    )


def entries(content: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The entries of a decompressed ``APKINDEX.tar.gz``. Raises ValueError for what is not one."""
    header = _header(content)
    if (modified := header[136:148].strip(b" \0")).isdigit():
        yield DATED, str(int(modified, 8)).encode()
    packages: dict[str, list[Record]] = {}
    others: dict[str, dict[str, None]] = {}
    words = 0
    for count, record in enumerate(records(_of_member(content, _size(header)))):
        if count >= _MOST_PACKAGES:
            raise ValueError("more than a million packages")
        words += len(record.depends) + len(record.provides) + len(record.install_if)
        if words > _MOST_WORDS:
            raise ValueError("more than four million dependencies")
        packages.setdefault(record.name, []).append(record)
        for key in _other_keys(record):
            others.setdefault(key, {})[record.name] = None
    for name, found in packages.items():
        yield f"name:{name}", _ENCODER.encode(found)
    for key, names in others.items():
        yield key, _ENCODER.encode(list(names))


def _other_keys(record: Record) -> Iterator[str]:
    for word in record.provides:
        if (provided := parsed(word)) is not None:
            yield f"provides:{provided.name}"
    for word in record.install_if:
        if (condition := parsed(word)) is not None:
            yield f"if:{condition.name}"


def _header(content: BinaryIO) -> bytes:
    """That of the member ``APKINDEX``, which follows; before it may be the tar of a signature."""
    while len(header := content.read(_BLOCK)) == _BLOCK:
        if header.count(0) == _BLOCK:
            continue
        size = _size(header)
        if header[:100].rstrip(b"\0") == b"APKINDEX" and header[156:157] in {b"0", b"\0"}:
            return header
        _skip(content, -(-size // _BLOCK) * _BLOCK)
    raise ValueError("has no member APKINDEX")


def _size(header: bytes) -> int:
    octal = header[124:136].strip(b" \0")
    if header[257:262] != b"ustar" or not octal.isdigit():
        raise ValueError("not a tar archive")
    size = int(octal, 8)
    if size > _LARGEST:
        raise ValueError("a member is larger than 512 MB")
    return size


def _of_member(content: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        line = content.readline(min(left, _LONGEST_LINE))
        if not line:
            raise ValueError("ends in the middle of APKINDEX")
        left -= len(line)
        yield line


def _skip(content: BinaryIO, left: int) -> None:
    while left and (piece := content.read(min(left, _PIECE))):
        left -= len(piece)


def packages_of(value: bytes | None) -> tuple[Record, ...]:
    """What ``entries`` wrote for a name."""
    return _RECORDS.decode(value) if value else ()


def names_of(value: bytes | None) -> tuple[str, ...]:
    """What ``entries`` wrote for a provided name or a condition."""
    return _NAMES.decode(value) if value else ()
