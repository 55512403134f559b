"""Temporary directories of a run, and the removal of those that a killed run left.

A directory is locked by the process that made it, and the kernel releases the lock when the process ends:
a directory without a lock is abandoned. That also holds between containers that share the directory for
temporary files, where process numbers would mislead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from freshlayer.lazy_regex import compiled

_PREFIX = "freshlayer-run-"
_NEW_PREFIX = "freshlayer-new-"
_NAME = compiled(r"freshlayer-(?:run|new)-[a-z0-9_]{8}")
"""The names that tempfile makes with our prefixes."""

_MOST = 100
_SECONDS_TO_LOCK = 3600.0
"""More than any process takes between making a directory and locking it."""


class LockedDirectory:
    """A new directory, for this user alone, locked until the process closes it or ends."""

    def __init__(self, parent: str | None = None) -> None:
        made = tempfile.mkdtemp(prefix=_NEW_PREFIX, dir=parent)
        self._descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only a locked directory gets a name that other processes look for.
        directory, name = os.path.split(made)
        self.path = os.path.join(directory, _PREFIX + name.removeprefix(_NEW_PREFIX))
        os.rename(made, self.path)

    def close(self) -> None:
        """Remove it, with what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


@contextlib.contextmanager
def temporary_directory() -> Iterator[str]:
    """A new directory. It is removed afterwards, by the next run if this one is killed."""
    directory = LockedDirectory()
    try:
        yield directory.path
    finally:
        directory.close()


def remove_leftovers(environ: Mapping[str, str]) -> None:
    """Remove this user's directories that no process holds any more."""
    session = environ.get("XDG_RUNTIME_DIR", "")
    for directory in {tempfile.gettempdir(), *([session] if os.path.isabs(session) else [])}:
        _remove_from(Path(directory))


def _remove_from(directory: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        for name in names[:_MOST]:
            _remove_if_abandoned(directory / name)


def _remove_if_abandoned(path: Path) -> None:
    """A link is not followed: another user may create one here, under any name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            return
        if path.name.startswith(_NEW_PREFIX) and time.time() - status.st_mtime < _SECONDS_TO_LOCK:
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)
