"""The lock file on disk: found, read, and replaced under a lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from freshlayer.errors import StateError
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import UnfitFileError, holds, read_text
from freshlayer.files.file_lock import locked
from freshlayer.lock.blocks import LARGEST, LockError
from freshlayer.lock.reading import parse_lock
from freshlayer.lock.writing import lock_text
from freshlayer.model.lock import Lock

NAME = "freshlayer.lock"
_REPOSITORY = ".git"
_ELSEWHERE = ".../"
"""Begins the name of a Dockerfile that is nowhere near the lock file."""


def find_lock(start: Path) -> Path | None:
    """The nearest lock file from a directory up to the root of its repository; None where there is none.

    Outside of a repository only the directory itself is looked at: what is above it is another's.
    """
    return next((found for it in _upwards(start) if os.path.lexists(found := it / NAME)), None)


def place_of_lock(start: Path) -> Path:
    """Where the lock file of a directory is, or is to be written: in the root of its repository."""
    return find_lock(start) or root_of(start) / NAME


def root_of(start: Path) -> Path:
    """The root of the repository of a directory; the directory itself outside of one."""
    return _upwards(start)[-1]


def _upwards(start: Path) -> list[Path]:
    """From a directory to the root of its repository."""
    whole = Path(os.path.abspath(start))
    directories = [whole, *whole.parents]
    for place, directory in enumerate(directories):
        if os.path.lexists(directory / _REPOSITORY):
            return directories[: place + 1]
    return directories[:1]


def read_lock(path: Path) -> Lock:
    """Empty if the file does not exist yet. Raises StateError, with the line, where it can't be read."""
    try:
        text = read_text(path, LARGEST)
    except FileNotFoundError:
        return Lock()
    except UnfitFileError as error:
        raise StateError(f"{path}: {error.strerror}, not a lock file") from None
    except OSError as error:
        raise StateError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StateError(f"{path}: not a lock file: it is not UTF-8") from None
    try:
        return parse_lock(text)
    except LockError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise StateError(f"{place}: {error.what}") from None


def change_lock(path: Path, change: Callable[[Lock], Lock]) -> Lock:
    """Replace the file by what ``change`` makes of it; the new lock. It is written where its bytes differ.

    Several processes may do this at the same time. A missing directory is made. Raises StateError, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        now = change(read_lock(path))
        content = lock_text(now).encode()
        if not holds(path, content):
            replace(path, content)
        return now


def user_name(path: Path, dockerfile: Path) -> str:
    """The name of a Dockerfile as seen from the lock file, so that it means the same on every machine.

    Where the two have nothing but the root in common, the path between them is this machine's own.
    """
    where, home = dockerfile.resolve(), path.resolve().parent
    if os.path.commonpath([where, home]) == os.sep and home != Path(os.sep):
        return f"{_ELSEWHERE}{where.parent.name}/{where.name}"
    return Path(os.path.relpath(where, home)).as_posix()


def is_gone(path: Path, name: str) -> bool:
    """Whether the Dockerfile of a name in this file no longer exists. ``<stdin>`` is not a file."""
    if name.startswith((_ELSEWHERE, "<")) or name.endswith(" (inline)") or not name.isprintable():
        return False
    return not os.path.lexists(path.resolve().parent / name)
