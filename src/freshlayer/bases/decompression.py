"""A layer as it is transferred → its tar: gzip, zstd or nothing, as its first bytes show.

What is passed on comes in pieces of bounded size, however well it was compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol, cast

from freshlayer.bases.limits import LARGEST_WINDOW, MIB, invalid

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
_LONGEST_MAGIC = 4
_PIECE = MIB
_ZSTD_PIECE = MIB // 4


Take = Callable[[bytes], object]
"""Who takes what was compressed, piece by piece; it may raise ImageError to end it."""


class Decompressor(Protocol):
    """Pieces of a compressed stream → pieces of what it holds."""

    def feed(self, data: bytes, take: Take) -> None:
        """Pass on what this piece adds. Raises ImageError, and what ``take`` raises."""

    def end(self) -> None:
        """There is no more. Raises ImageError where there should be."""


class Detected:
    """The decompressor of a stream, once its first bytes are there."""

    def __init__(self) -> None:
        self._first = b""
        self._chosen: Decompressor | None = None

    def feed(self, data: bytes, take: Take) -> None:
        """Raises ImageError, and what ``take`` raises."""
        if self._chosen is None:
            self._first += data
            if len(self._first) < _LONGEST_MAGIC:
                return
            self._chosen = _for(self._first)
            data = self._first
        self._chosen.feed(data, take)

    def end(self) -> None:
        """Raises ImageError."""
        if self._chosen is not None:
            self._chosen.end()
        elif self._first:
            raise invalid("the layer ends within its first bytes")


def _for(first: bytes) -> Decompressor:
    if first.startswith(_GZIP):
        return _Gzip()
    if first.startswith(_ZSTD) or (first[1:4] == _SKIPPABLE and first[0] >> 4 == 5):
        return _Zstd()
    return _Plain()


class _Plain:
    def feed(self, data: bytes, take: Take) -> None:
        take(data)

    def end(self) -> None:
        pass


class _Gzip:
    """Any number of members (RFC 1952 §2.2); eStargz has one for each file."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._is_open = True

    def feed(self, data: bytes, take: Take) -> None:
        while data:
            if not self._is_open:
                if not data.strip(b"\0"):
                    return
                self._member, self._is_open = zlib.decompressobj(wbits=31), True
            try:
                made = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise invalid(f"its gzip stream is damaged ({error})") from None
            if made:
                take(made)
            if self._member.eof:
                self._is_open = False
                data = self._member.unused_data
            else:
                data = self._member.unconsumed_tail

    def end(self) -> None:
        if self._is_open:
            raise invalid("its gzip stream ends too early")


class _Zstd:
    """Any number of frames; zstd:chunked has some that are skipped."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - most layers are gzip

        self._error = zstandard.ZstdError
        self._take: Take = bytes
        opened = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        # It passes on each piece once that is complete, so that no input, however small, fills the memory.
        self._stream = opened.stream_writer(cast("BinaryIO", self), write_size=_ZSTD_PIECE, closefd=False)

    def write(self, data: bytes) -> int:
        """Called by the stream."""
        self._take(data)
        return len(data)

    def feed(self, data: bytes, take: Take) -> None:
        self._take = take
        try:
            self._stream.write(data)
        except self._error as error:
            raise invalid(f"its zstd stream is damaged ({error})") from None

    def end(self) -> None:
        """A frame that is cut off is found by the tar in it."""
