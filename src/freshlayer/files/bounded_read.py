"""Read a small untrusted file: a regular one, up to a size, without waiting.

A checkout may have a named pipe, a device, a directory or a link to /dev/zero where a file is expected.
Opening a pipe would wait for a writer, and reading a device would never end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

_CHUNK = 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_KINDS = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFIFO: "is a named pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a character device",
    stat.S_IFBLK: "is a block device",
}


class UnfitFileError(OSError):
    """Not a regular file, or a file that is too large; ``strerror`` is the reason."""

    def __init__(self, reason: str, path: str | Path) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def read_file(path: str | Path, most: int) -> bytes:
    """The content of a regular file of at most so many bytes. Raises UnfitFileError, OSError."""
    descriptor, size = _opened(path)
    try:
        # A file of /proc states no size, and another file may grow meanwhile.
        content = _read(descriptor, size, most + 1) if size <= most else None
    finally:
        os.close(descriptor)
    if content is None or len(content) > most:
        raise UnfitFileError(f"is larger than {_size(most)}", path)
    return content


def read_start(path: str | Path, most: int) -> tuple[bytes, int]:
    """The first bytes of a regular file, and the size of all of it. Raises UnfitFileError, OSError."""
    descriptor, size = _opened(path)
    try:
        return _read(descriptor, size, most), size
    finally:
        os.close(descriptor)


def read_text(path: str | Path, most: int) -> str:
    """The same as UTF-8, without the byte order mark that editors on Windows write.

    Raises UnfitFileError, OSError, UnicodeDecodeError.
    """
    return read_file(path, most).removeprefix(_BYTE_ORDER_MARK).decode("utf-8")


def holds(path: Path, content: bytes) -> bool:
    """Whether a regular file has exactly this content; False where it can't be read."""
    with contextlib.suppress(OSError):
        return read_file(path, len(content)) == content
    return False


def kind_of(path: str | Path) -> str:
    """Why a file is not a regular one (``is a directory``); empty for a regular file. Raises OSError."""
    return kind_in(os.stat(path))


def kind_in(status: os.stat_result) -> str:
    """The same by what the system states of it."""
    mode = status.st_mode
    return "" if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "is not a regular file")


def _check_kind(status: os.stat_result, path: str | Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnfitFileError(_KINDS.get(stat.S_IFMT(status.st_mode), "is not a regular file"), path)


def _opened(path: str | Path) -> tuple[int, int]:
    """Descriptor and size."""
    # Opening a device can have side effects, so its kind is looked up before.
    _check_kind(os.stat(path), path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        _check_kind(status, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status.st_size


def _read(descriptor: int, size: int, most: int) -> bytes:
    """``size``: as the file states it; a file that is as long as that is read at once."""
    chunks: list[bytes] = []
    wanted = size + 1 if size else _CHUNK
    while most > 0 and (chunk := os.read(descriptor, min(most, wanted, _CHUNK))):
        chunks.append(chunk)
        most -= len(chunk)
        if len(chunks) == 1 and len(chunk) == size:
            break
        wanted = _CHUNK
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _size(most: int) -> str:
    mebibytes = most // 1024 // 1024
    return f"{mebibytes} MiB" if mebibytes else f"{most} bytes"
