"""rpm's own database "ndb" (SUSE): slots that name blobs, little-endian (rpm, lib/backend/ndb)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from freshlayer.bases.limits import ImageError

_HEADER = struct.Struct("<4sIIII")
_SLOT = struct.Struct("<4sIII")
_BLOB = struct.Struct("<4sIII")
_PAGE = 4096
_BLOCK = 16
_FIRST_SLOT = 32
_MOST_PAGES = 4096
_LARGEST_BLOB = 64 * 1024 * 1024


def blobs(database: Path) -> Iterator[bytes]:
    """The headers. Raises ImageError, OSError."""
    with open(database, "rb") as file:
        start = file.read(_HEADER.size)
        if len(start) < _HEADER.size:
            raise _damaged()
        magic, version, _, pages, _ = _HEADER.unpack(start)
        if magic != b"RpmP" or version or not 0 < pages <= _MOST_PAGES:
            raise _damaged()
        file.seek(0)
        slots = file.read(pages * _PAGE)
        for at in range(_FIRST_SLOT, len(slots) - _SLOT.size + 1, _SLOT.size):
            mark, number, offset, blocks = _SLOT.unpack_from(slots, at)
            if mark != b"Slot":
                raise _damaged()
            if offset and blocks:
                yield _blob(file, number, offset * _BLOCK)


def _blob(file: BinaryIO, number: int, offset: int) -> bytes:
    file.seek(offset)
    start = file.read(_BLOB.size)
    if len(start) < _BLOB.size:
        raise _damaged()
    mark, own, _, length = _BLOB.unpack(start)
    if mark != b"BlbS" or own != number or length > _LARGEST_BLOB:
        raise _damaged()
    content = file.read(length)
    if len(content) < length:
        raise _damaged()
    return content


def _damaged() -> ImageError:
    return ImageError("rpm-database-invalid", "its rpm database is damaged")
