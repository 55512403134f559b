"""Temporary directories of a run; ``leftovers`` removes those that a killed run left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator

from freshlayer.files.leftovers import NEW_PREFIX, PREFIX


class LockedDirectory:
    """A new directory, for this user alone, locked until the process closes it or ends."""

    def __init__(self, parent: str | None = None) -> None:
        made = tempfile.mkdtemp(prefix=NEW_PREFIX, dir=parent)
        self._descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only a locked directory gets a name that other processes look for.
        directory, name = os.path.split(made)
        self.path = os.path.join(directory, PREFIX + name.removeprefix(NEW_PREFIX))
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
