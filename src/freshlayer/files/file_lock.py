"""A lock for a file that several processes read, merge and replace.

The directory that holds the file is locked: a lock file beside it would be seen by git and by a
``COPY . .``, and a lock on the file itself would be lost when the file is replaced.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 60.0
_PAUSE = 0.02
_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


@contextlib.contextmanager
def locked(path: Path, seconds: float = _SECONDS, *, is_shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file, which need not exist. Raises TimeoutError if another process keeps the lock.

    ``is_shared``: with others that share it, and with none that does not.
    If the directory can't be locked (NFS requires a writable descriptor, and a directory has none),
    the caller continues without a lock.
    """
    descriptor = _opened(Path(os.path.realpath(path)).parent)
    try:
        if descriptor is not None:
            _take(descriptor, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, path, seconds)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _opened(directory: Path) -> int | None:
    try:
        return os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None


def _take(descriptor: int, kind: int, path: Path, seconds: float) -> None:
    """Polls: a signal handler of Python's would not interrupt a wait in the kernel in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN:
                return
            if time.monotonic() > deadline:
                message = f"locked by another process for {seconds:g} s"
                raise TimeoutError(errno.ETIMEDOUT, message, str(path)) from None
            time.sleep(
                _PAUSE * (0.5 + os.urandom(1)[0] / 256)
            )  # so that waiting processes do not poll in step
        else:
            return
