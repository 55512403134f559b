"""Write a file so that a reader sees the old content or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write to a temporary name in the same directory, then rename. Keeps the mode of an existing file.

    A symbolic link is followed; a device or a pipe is written to. Raises OSError; the old file is then
    unchanged.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    import tempfile  # noqa: PLC0415 - most runs write nothing, and it loads compression

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def is_written_to(path: Path) -> bool:
    """Whether the path is a pipe, a terminal or a device, which is written to and not replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
