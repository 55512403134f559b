"""The removal of the temporary directories that a killed run left.

A directory is locked by the process that made it, and the kernel releases the lock when the process ends:
a directory without a lock is abandoned. That also holds between containers that share the directory for
temporary files, where process numbers would mislead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PREFIX = "freshlayer-run-"
NEW_PREFIX = "freshlayer-new-"
"""Of a directory that may not be locked yet."""
_PREFIXES = (PREFIX, NEW_PREFIX)
_LENGTH = len(PREFIX)
_RANDOM_LENGTH = 8
_RANDOM = "abcdefghijklmnopqrstuvwxyz0123456789_"
"""What ``temporary`` has behind our prefixes."""

_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_USUAL = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108 - looked into, never written to
_MOST = 100
_SECONDS_TO_LOCK = 3600.0
"""More than any process takes between making a directory and locking it."""


def remove_leftovers(environ: Mapping[str, str]) -> None:
    """Remove this user's directories that no process holds any more."""
    session = environ.get("XDG_RUNTIME_DIR", "")
    for directory in {*temporary(environ), *([session] if os.path.isabs(session) else [])}:
        _remove_from(Path(directory))


def temporary(environ: Mapping[str, str]) -> Iterator[str]:
    """The first that there is, as ``tempfile.gettempdir`` would say, whose module is slow to load."""
    places = (*(environ.get(it, "") for it in _VARIABLES), *_USUAL)
    yield from [it for it in places if os.path.isdir(it)][:1]


def _remove_from(directory: Path) -> None:
    with contextlib.suppress(OSError):
        # Thousands of names of others may be here: a slice takes the least.
        names = [it for it in os.listdir(directory) if it[:_LENGTH] in _PREFIXES and _is_ours(it)]
        for name in names[:_MOST]:
            _remove_if_abandoned(directory / name)


def _is_ours(name: str) -> bool:
    """A build has a directory of its own when it looks, for which a pattern would have ``re`` loaded."""
    random = name[_LENGTH:]
    return len(random) == _RANDOM_LENGTH and not random.strip(_RANDOM)


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
        if path.name.startswith(NEW_PREFIX) and time.time() - status.st_mtime < _SECONDS_TO_LOCK:
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        import shutil  # noqa: PLC0415 - a run rarely leaves a directory

        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)
