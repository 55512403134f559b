"""rpm's database in Berkeley DB (rpm before 4.16): the pages of a hash table, read in the order of the file.

The structures are those of Berkeley DB's dbinc/db_page.h; the byte order is that of the machine that made it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from freshlayer.bases.limits import ImageError

_MAGIC = 0x061561
_META = 72
_PAGE_HEADER = 26
_HASH_UNSORTED, _OVERFLOW, _HASH = 2, 7, 13
_KEY_DATA, _OFF_PAGE = 1, 3
_LEAST_PAGE, _LARGEST_PAGE = 512, 65536
_LARGEST_BLOB = 64 * 1024 * 1024
_LEAST_HEADER = 16


class _File(Struct):
    """``order``: of ``struct``. ``pages``: how many there are."""

    stream: BinaryIO
    order: str
    size: int
    pages: int

    def page(self, number: int) -> bytes:
        self.stream.seek(number * self.size)
        content = self.stream.read(self.size)
        if len(content) < self.size:
            raise _damaged()
        return content

    def numbers(self, form: str, data: bytes, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, data, at)


def blobs(database: Path) -> Iterator[bytes]:
    """The headers. Raises ImageError, OSError."""
    with open(database, "rb") as stream:
        file = _opened(stream, database.stat().st_size)
        for number in range(1, file.pages):
            page = file.page(number)
            if page[25] in {_HASH_UNSORTED, _HASH}:
                yield from _values(file, page)


def _opened(stream: BinaryIO, length: int) -> _File:
    start = stream.read(_META)
    if len(start) == _META:
        for order in "<>":
            magic, _, size = struct.unpack_from(f"{order}III", start, 12)
            whole = _LEAST_PAGE <= size <= _LARGEST_PAGE and not size & (size - 1)
            if magic == _MAGIC and whole and not start[24]:
                return _File(stream, order, size, length // size)
    raise ImageError("rpm-database-unsupported", "its rpm database is not a hash table of Berkeley DB")


def _values(file: _File, page: bytes) -> Iterator[bytes]:
    """Every other item is a key. What is shorter than a header is the counter of packages."""
    (count,) = file.numbers("H", page, 20)
    if _PAGE_HEADER + 2 * count > file.size:
        raise _damaged()
    places = file.numbers(f"{count}H", page, _PAGE_HEADER)
    for at in range(1, count, 2):
        start, end = places[at], places[at - 1]
        if not _PAGE_HEADER <= start < end <= file.size:
            raise _damaged()
        kind = page[start]
        value = page[start + 1 : end] if kind == _KEY_DATA else b""
        if kind == _OFF_PAGE and end - start >= 12:
            first, length = file.numbers("II", page, start + 4)
            value = _chain(file, first, length)
        if len(value) >= _LEAST_HEADER:
            yield value


def _chain(file: _File, number: int, length: int) -> bytes:
    """A value over pages of its own."""
    if length > min(_LARGEST_BLOB, file.pages * file.size):
        raise _damaged()
    found = bytearray()
    while number and len(found) < length:
        page = file.page(number)
        (used,) = file.numbers("H", page, 22)
        if page[25] != _OVERFLOW or not used:
            raise _damaged()
        found += page[_PAGE_HEADER : _PAGE_HEADER + used]
        (number,) = file.numbers("I", page, 16)
    if len(found) != length:
        raise _damaged()
    return bytes(found)


def _damaged() -> ImageError:
    return ImageError("rpm-database-invalid", "its rpm database is damaged")
