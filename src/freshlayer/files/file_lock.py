"""One process at a time reads, merges and replaces a file that several processes write.

What is locked is the directory that holds the file: a lock file beside it would be seen by git and by a
``COPY . .``, and the file itself is replaced, so that a lock on it would be a lock on a file that is gone.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 60.0
_PAUSE = 0.02
_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


@contextlib.contextmanager
def locked(path: Path, seconds: float = _SECONDS) -> Iterator[None]:
    """Hold the lock of a file that exists or will. Raises TimeoutError where another process keeps it.

    Where the directory can't be locked (NFS wants a descriptor that may write, and a directory has none),
    the work is done without: an unlocked merge is better than none.
    """
    descriptor = _opened(Path(os.path.realpath(path)).parent)
    try:
        if descriptor is not None:
            _take(descriptor, path, seconds)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _opened(directory: Path) -> int | None:
    try:
        return os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None


def _take(descriptor: int, path: Path, seconds: float) -> None:
    """By trying again: a signal handler of Python's would not end a wait in the kernel in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN:
                return
            if time.monotonic() > deadline:
                message = f"another process has had its lock for {seconds:g} s"
                raise TimeoutError(errno.ETIMEDOUT, message, str(path)) from None
            time.sleep(_PAUSE * (0.5 + random.random()))  # noqa: S311 - so that those who wait don't keep step
        else:
            return
