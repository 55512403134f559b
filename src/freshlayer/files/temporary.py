"""Directories for as long as a run takes, and the removal of what a killed run left.

A directory is locked by the process that made it, and the kernel takes the lock away with the process, so
what nobody locks is nobody's any more. That holds between containers that share a directory for temporary
files as well, where process numbers would mislead.
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
_UNBORN = "freshlayer-new-"
_NAME = compiled(r"freshlayer-(?:run|new)-[a-z0-9_]{8}")
"""As tempfile makes them: another directory whose name begins so is somebody else's."""

_MOST = 100
_BIRTH = 3600.0
"""Seconds that no process takes between making a directory and locking it."""


class LockedDirectory:
    """A new directory, for this user alone, which the process holds until it closes it or ends."""

    def __init__(self, parent: str | None = None) -> None:
        made = tempfile.mkdtemp(prefix=_UNBORN, dir=parent)
        self._descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only now does it get a name that others look for.
        folder, name = os.path.split(made)
        self.path = os.path.join(folder, _PREFIX + name.removeprefix(_UNBORN))
        os.rename(made, self.path)

    def close(self) -> None:
        """Remove it, with what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)


@contextlib.contextmanager
def temporary_directory() -> Iterator[str]:
    """A new directory. It is gone afterwards, after the next run at the latest."""
    directory = LockedDirectory()
    try:
        yield directory.path
    finally:
        directory.close()


def remove_leftovers(environ: Mapping[str, str]) -> None:
    """Remove this user's directories that no process holds any more."""
    session = environ.get("XDG_RUNTIME_DIR", "")
    for folder in {tempfile.gettempdir(), *([session] if os.path.isabs(session) else [])}:
        _remove_from(Path(folder))


def _remove_from(folder: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        for name in names[:_MOST]:
            _remove_if_abandoned(folder / name)


def _remove_if_abandoned(path: Path) -> None:
    """A link is not followed: another user may put one here, under any name."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            return
        if path.name.startswith(_UNBORN) and time.time() - status.st_mtime < _BIRTH:
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)
