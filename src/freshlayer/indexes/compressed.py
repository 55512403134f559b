"""What was transferred, decompressed in pieces: bounded by size, by ratio, and in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar, cast

T = TypeVar("T")

_CHUNK = 256 * 1024
_MOST = 4 << 30
_MOST_RATIO = 400
_ALWAYS = 64 << 20
"""Bytes that any file may have, however small it is compressed."""

_MOST_MEMORY = 256 << 20
_WINDOW = 1 << 27


class UnreadableError(ValueError):
    """Not a file of this compression, or larger than is read."""


class Decompressed(io.RawIOBase):
    """The content of a file. ``digest``: the SHA-256 of what was read so far.

    Reading raises UnreadableError.
    """

    def __init__(self, file: BinaryIO, compression: str, size: int) -> None:
        """``size``: bytes of the file as transferred. ``compression``: as in ``IndexFile``."""
        super().__init__()
        self._errors = _errors(compression)
        self._pieces = self._safely(lambda: _READERS[compression](file))
        self._most = min(_MOST, max(_ALWAYS, _MOST_RATIO * size))
        self._length = 0
        self._left = memoryview(b"")
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of what was read so far, in hexadecimal."""
        return self._hash.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        wanted = memoryview(buffer)  # type: ignore[arg-type]  # a buffer, by io's own contract
        if not self._left:
            self._left = memoryview(self._safely(lambda: next(self._pieces, b"")))
            self._length += len(self._left)
            if self._length > self._most:
                raise UnreadableError(f"it has more than {self._most} bytes, decompressed")
        taken = self._left[: len(wanted)]
        wanted[: len(taken)] = taken
        self._hash.update(taken)
        self._left = self._left[len(taken) :]
        return len(taken)

    def finish(self) -> None:
        """Read to the end."""
        while self.read(_CHUNK):
            pass

    def _safely(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except self._errors as error:
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
    import zstandard  # noqa: PLC0415

    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    return _plain(cast("BinaryIO", reader.stream_reader(file, read_across_frames=True)))


_READERS: dict[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    "": _plain,
    "gz": _gz,
    "bz2": _bz2,
    "xz": _xz,
    "zst": _zst,
}
