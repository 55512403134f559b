"""A file of keys and values that is written once and looked up in place.

Records, then a table of their offsets by the hash of the key, then a trailer. A look-up reads the table and
one record. The hash has a random salt, so that no repository can choose keys that collide. Each record has
a checksum, which is verified when it is read.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from collections.abc import Iterable
from hashlib import blake2b
from typing import BinaryIO, cast
from zlib import crc32

_MAGIC = b"fl-index-1\n"
_RECORD = struct.Struct("<III")
_SLOT = struct.Struct("<Q")
_TRAILER = struct.Struct("<QQI32s16s11s")
_FEWEST_SLOTS = 8
_LARGEST = 1 << 31
"""Bytes of all keys and values."""


class DamagedIndexError(ValueError):
    """The file is not as it was written."""


def write(stream: BinaryIO, digest: str, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write an index. ``digest``: hexadecimal SHA-256 of what it was made from.

    Raises ValueError for more than 2 GiB, or what iterating ``entries`` raises.
    """
    salt = os.urandom(16)
    stream.write(_MAGIC)
    at = len(_MAGIC)
    places: list[tuple[int, int]] = []
    for key, value in entries:
        name = key.encode("utf-8", "surrogateescape")
        record = _RECORD.pack(crc32(value, crc32(name)), len(name), len(value)) + name
        stream.write(record)
        stream.write(value)
        places.append((_hash(name, salt), at))
        at += len(record) + len(value)
        if at > _LARGEST:
            raise ValueError(f"its entries are larger than {_LARGEST} bytes")
    table = _table(places)
    stream.write(table)
    slots = len(table) // _SLOT.size
    stream.write(_TRAILER.pack(at, slots, crc32(table), bytes.fromhex(digest), salt, _MAGIC))


def _table(places: list[tuple[int, int]]) -> bytes:
    """The offsets of the records, each in the first free slot from its hash on."""
    count = _FEWEST_SLOTS
    while count < 2 * len(places):
        count *= 2
    slots, mask = [0] * count, count - 1
    for hashed, offset in places:
        slot = hashed & mask
        while slots[slot]:
            slot = (slot + 1) & mask
        slots[slot] = offset
    return struct.pack(f"<{count}Q", *slots)


def _hash(name: bytes, salt: bytes) -> int:
    return int.from_bytes(blake2b(name, digest_size=8, key=salt).digest(), "little")


class TableIndex:
    """A written index. It stays readable when its file is removed, as it is where it is found damaged."""

    def __init__(self, path: str) -> None:
        """Raises OSError, and DamagedIndexError for what is not such a file."""
        self._path = path
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < len(_MAGIC) + _TRAILER.size:
                raise DamagedIndexError(path)
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        trailer = _TRAILER.unpack_from(self._content, size - _TRAILER.size)
        self._table, self._slots, checksum, digest, self._salt, magic = trailer
        self._digest: str = digest.hex()
        complete = self._table + self._slots * _SLOT.size + _TRAILER.size == size
        if magic != _MAGIC or not complete or self._slots < _FEWEST_SLOTS:
            raise DamagedIndexError(path)
        if crc32(memoryview(self._content)[self._table : size - _TRAILER.size]) != checksum:
            raise DamagedIndexError(path)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._content)

    @property
    def digest(self) -> str:
        """SHA-256 of the file that it was made from, in hexadecimal."""
        return self._digest

    def get(self, key: str) -> bytes | None:
        """One value. Raises DamagedIndexError."""
        name, mask = key.encode("utf-8", "surrogateescape"), self._slots - 1
        slot = _hash(name, self._salt) & mask
        while offset := _SLOT.unpack_from(self._content, self._table + slot * _SLOT.size)[0]:
            value = self._value(offset, name)
            if value is not None:
                return value
            slot = (slot + 1) & mask
        return None

    def _value(self, offset: int, name: bytes) -> bytes | None:
        """The value of the record at this offset; None if it is that of another key."""
        if offset > self._table - _RECORD.size:
            raise self._damaged()
        checksum, length, size = _RECORD.unpack_from(self._content, offset)
        start = offset + _RECORD.size
        if length != len(name) or self._content[start : start + length] != name:
            return None
        value = self._content[start + length : start + length + size]
        if crc32(value, crc32(name)) != checksum:
            raise self._damaged()
        return value

    def _damaged(self) -> DamagedIndexError:
        """The next run makes it again."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        return DamagedIndexError(self._path)

    def open(self, key: str) -> BinaryIO:
        """One value as a file without a name. Raises KeyError, DamagedIndexError."""
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        file = _unnamed_file()
        file.write(value)
        file.flush()
        file.seek(0)
        return file


def _unnamed_file() -> BinaryIO:
    """In memory where the system has that."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("freshlayer-index"), "w+b")
    import tempfile  # noqa: PLC0415 - few runs write an index, and it loads compression

    return cast("BinaryIO", tempfile.TemporaryFile())
