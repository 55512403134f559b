"""What was transferred, decompressed in pieces: bounded by size, by ratio and in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

_CHUNK = 256 * 1024
_SMALL_CHUNK = 2048
_MOST = 4 << 30
_MOST_RATIO = 400
_ALWAYS = 64 << 20
"""Bytes that any file may have, however small it is compressed."""

_MOST_MEMORY = 256 << 20
_WINDOW = 1 << 27


class UnreadableError(ValueError):
    """Not a file of this compression, or larger than is read."""


def decompress(file: BinaryIO, compression: str, into: BinaryIO) -> str:
    """Write the content of a file into another one: the SHA-256 of the content, in hexadecimal.

    ``compression``: as in ``IndexFile``. Raises UnreadableError; OSError where it can't be written.
    """
    most = min(_MOST, max(_ALWAYS, _MOST_RATIO * os.fstat(file.fileno()).st_size))
    hashed, length = hashlib.sha256(), 0
    for piece in _pieces(file, compression):
        length += len(piece)
        if length > most:
            raise UnreadableError(f"it has more than {most} bytes, decompressed")
        hashed.update(piece)
        into.write(piece)
    into.flush()
    return hashed.hexdigest()


def _pieces(file: BinaryIO, compression: str) -> Iterator[bytes]:
    errors = _errors(compression)
    try:
        yield from _READERS[compression](file)
    except errors as error:
        raise UnreadableError(str(error) or type(error).__name__) from None


def _errors(compression: str) -> tuple[type[Exception], ...]:
    import lzma  # noqa: PLC0415 - for packages alone
    import zlib  # noqa: PLC0415

    usual = (OSError, EOFError, zlib.error, lzma.LZMAError, MemoryError)
    if compression != "zst":
        return usual
    import zstandard  # noqa: PLC0415

    return (*usual, zstandard.ZstdError)


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def _gz(file: BinaryIO) -> Iterator[bytes]:
    """Of all members: apk joins a signature and an index."""
    import gzip  # noqa: PLC0415

    return _plain(cast("BinaryIO", gzip.GzipFile(fileobj=file)))


def _bz2(file: BinaryIO) -> Iterator[bytes]:
    import bz2  # noqa: PLC0415

    return _plain(cast("BinaryIO", bz2.BZ2File(file)))


def _xz(file: BinaryIO) -> Iterator[bytes]:
    """With a limit of memory, which lzma.LZMAFile has not."""
    import lzma  # noqa: PLC0415

    reader = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)
    piece = b""
    while True:
        if reader.eof:
            left = (reader.unused_data or file.read(_CHUNK)).lstrip(b"\0")
            if not left:
                return
            reader, piece = lzma.LZMADecompressor(memlimit=_MOST_MEMORY), left
        elif reader.needs_input:
            piece = file.read(_CHUNK)
            if not piece:
                raise EOFError("the file ends too early")
        else:
            piece = b""
        if out := reader.decompress(piece, _CHUNK):
            yield out


def _zst(file: BinaryIO) -> Iterator[bytes]:
    """In small pieces, which may become very large; a reader of the library overlooks a missing end."""
    import zstandard  # noqa: PLC0415

    frames = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    reader, piece = frames.decompressobj(), b""
    while piece := piece or file.read(_SMALL_CHUNK):
        if reader.eof:
            reader = frames.decompressobj()
        if out := reader.decompress(piece):
            yield out
        piece = reader.unused_data
    if not reader.eof:
        raise EOFError("the file ends too early")


_READERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    "": _plain,
    "gz": _gz,
    "bz2": _bz2,
    "xz": _xz,
    "zst": _zst,
}
