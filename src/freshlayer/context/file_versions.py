"""Whether a file is another one than at the last look: by time and size, and then by its content."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from freshlayer.files.bounded_read import read_file

_LARGEST = 16 * 1024 * 1024
_YOUNG = 2.0
"""Seconds: a file may be written twice within the resolution of its time."""


class FileVersion(Struct, frozen=True):
    """``stat``: time in ns, size and number of the file. ``digest``: SHA-256; empty where it can't be read.

    ``settled``: whether another content would have another ``stat``.
    """

    stat: tuple[int, ...] = ()
    digest: str = ""
    settled: bool = False

    def same_as(self, other: FileVersion) -> bool:
        """Whether the content is the same."""
        return self.digest == other.digest


def versions_of(paths: Iterable[Path], before: tuple[FileVersion, ...] = ()) -> tuple[FileVersion, ...]:
    """Of each path; a file whose time and size are those of ``before`` is not read again."""
    known = dict(enumerate(before))
    return tuple(_version(path, known.get(number)) for number, path in enumerate(paths))


def _version(path: Path, before: FileVersion | None) -> FileVersion:
    try:
        status = os.stat(path)
        stat = (status.st_mtime_ns, status.st_size, status.st_ino)
        if before is not None and before.settled and before.stat == stat:
            return before
        settled = abs(time.time() - status.st_mtime) > _YOUNG
        return FileVersion(stat, sha256(read_file(path, _LARGEST)).hexdigest(), settled)
    except OSError:
        return FileVersion()
