"""The control stanza of a Debian package file: a member near its start (deb(5)). Nothing is unpacked.

Only what is in front of the files of the package is read, and bounded: compressed, decompressed, in memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MAGIC = b"!<arch>\n"
_HEADER = 60
_MEMBERS = 16
"""Of an archive, in front of the control part: dpkg writes one."""

MOST = 4 << 20
"""Bytes from the start of a file in which the control part has to be."""

_MOST_CONTENT = 16 << 20
_LONGEST_STANZA = 256 * 1024
_MOST_MEMORY = 128 << 20
_WINDOW = 1 << 24
_PIECE = 512
"""Of zstd, which makes much of little before its output can be counted."""

_BETWEEN = "\n\n"
"""Of two stanzas."""

_BLOCK = 512
_REGULAR = (b"0", b"\0")
_CONTROL = re.compile(rb"(?:\./)?control\0*")
_DECIMAL = re.compile(rb"(\d{1,10}) *")
_OCTAL = re.compile(rb"[ \0]*([0-7]{1,11})[ \0]*")


def control_of(start: bytes, size: int) -> str:
    """The control stanza, with the file's ``Size`` behind it.

    ``start``: at most the first ``MOST`` bytes of the file; ``size``: of all of it. Raises ValueError for
    what is not such a package.
    """
    name, content = _control_part(start)
    stanza = _file_of(_decompressed(name.removeprefix("control.tar"), content))
    if len(stanza) > _LONGEST_STANZA:
        raise ValueError("its control file is too long")
    text = stanza.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n")
    return f"{text.partition(_BETWEEN)[0]}\nSize: {size}\n"


def _control_part(start: bytes) -> tuple[str, bytes]:
    """Name and content of the member of the archive (ar) that holds the control file."""
    if not start.startswith(_MAGIC):
        raise ValueError("it is not a Debian package")
    at = len(_MAGIC)
    for _ in range(_MEMBERS):
        header = start[at : at + _HEADER]
        length = _DECIMAL.fullmatch(header[48:58])
        if len(header) < _HEADER or not length:
            break
        name = header[:16].decode("ascii", "replace").rstrip(" ").rstrip("/")
        at += _HEADER
        end = at + int(length[1])
        if name.startswith("control.tar"):
            if end > len(start):
                raise ValueError("its control part is too large, or cut off")
            return name, start[at:end]
        at = end + end % 2
    raise ValueError("it has no control part")


def _file_of(tar: bytes) -> bytes:
    """The content of ``control`` in the tar. Its headers are GNU's or ustar, as dpkg reads them."""
    at = 0
    while len(header := tar[at : at + _BLOCK]) == _BLOCK and header[0]:
        length = _OCTAL.fullmatch(header[124:136])
        if not length:
            break
        at += _BLOCK
        size = int(length[1], 8)
        if header[156:157] in _REGULAR and _CONTROL.fullmatch(header[:100]):
            content = tar[at : at + size]
            if len(content) < size:
                raise ValueError("its control file is cut off")
            return content
        at += (size + _BLOCK - 1) // _BLOCK * _BLOCK
    raise ValueError("it has no control file")


def _decompressed(ending: str, content: bytes) -> bytes:
    pieces = _READERS.get(ending)
    if pieces is None:
        raise ValueError(f"its control part has an unknown compression, {ending[:8]!r}")
    found, length = [], 0
    for piece in pieces(content):
        length += len(piece)
        if length > _MOST_CONTENT:
            raise ValueError("its control part is too large")
        found.append(piece)
    return b"".join(found)


def _plain(content: bytes) -> Iterator[bytes]:
    yield content


def _gz(content: bytes) -> Iterator[bytes]:
    import zlib  # noqa: PLC0415 - for package files alone

    reader = zlib.decompressobj(wbits=31)
    try:
        yield reader.decompress(content, _MOST_CONTENT + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not reader.eof:
        raise ValueError("its control part is too large, or cut off")


def _xz(content: bytes) -> Iterator[bytes]:
    import lzma  # noqa: PLC0415 - for package files alone

    reader = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)
    try:
        yield reader.decompress(content, _MOST_CONTENT + 1)
    except (lzma.LZMAError, MemoryError) as error:
        raise ValueError(str(error) or "it needs too much memory") from None
    if not reader.eof:
        raise ValueError("its control part is too large, or cut off")


def _zst(content: bytes) -> Iterator[bytes]:
    import zstandard  # noqa: PLC0415 - for package files alone

    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    try:
        for at in range(0, len(content), _PIECE):
            yield reader.decompress(content[at : at + _PIECE])
            if reader.eof:
                return
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(str(error)) from None
    raise ValueError("its control part is cut off")


_READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {"": _plain, ".gz": _gz, ".xz": _xz, ".zst": _zst}
