"""Temporary directories of a run; ``leftovers`` removes those that a killed run left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator

from freshlayer.files.leftovers import NEW_PREFIX, PREFIX, temporary

_RANDOM = 4


class LockedDirectory:
    """A new directory, for this user alone, locked until the process closes it or ends."""

    def __init__(self, parent: str | None = None) -> None:
        made = _made(parent or _temporary())
        self._descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only a locked directory gets a name that other processes look for.
        directory, name = os.path.split(made)
        self.path = os.path.join(directory, PREFIX + name.removeprefix(NEW_PREFIX))
        os.rename(made, self.path)

    def close(self) -> None:
        """Remove it, with what is in it."""
        _remove(self.path, self._descriptor)
        os.close(self._descriptor)


def _made(parent: str) -> str:
    """As ``tempfile.mkdtemp``, whose module loads what compresses. Raises OSError."""
    while True:
        path = os.path.join(os.path.abspath(parent), f"{NEW_PREFIX}{os.urandom(_RANDOM).hex()}")
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            return path


def _temporary() -> str:
    """``tempfile.gettempdir``; without its module where that is plain."""
    named = next(temporary(os.environ), "")
    if "tempfile" not in sys.modules and named and os.access(named, os.W_OK | os.X_OK):
        return named
    import tempfile  # noqa: PLC0415 - see above

    return tempfile.gettempdir()


def _remove(path: str, descriptor: int) -> None:
    """With all that is in it, which mostly are a few files. ``descriptor``: of the directory."""
    try:
        for name in os.listdir(descriptor):
            os.unlink(name, dir_fd=descriptor)
        os.rmdir(path)
    except OSError:
        import shutil  # noqa: PLC0415 - it loads what compresses

        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def temporary_directory() -> Iterator[str]:
    """A new directory. It is removed afterwards, by the next run if this one is killed."""
    directory = LockedDirectory()
    try:
        yield directory.path
    finally:
        directory.close()
