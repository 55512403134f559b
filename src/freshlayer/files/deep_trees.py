"""Trees of directories that strangers made: measured and removed at any depth.

``os.walk`` and ``shutil.rmtree`` of Python 3.11 call themselves for each level.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress


def entries_below(directory: str) -> Iterator[tuple[int, os.DirEntry[str]]]:
    """Everything below it with its depth, which is 1 for its own entries; no link is followed.

    What can't be listed is left out.
    """
    waiting = [(1, directory)]
    while waiting:
        depth, path = waiting.pop()
        with suppress(OSError), os.scandir(path) as found:
            for entry in found:
                yield depth, entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((depth + 1, entry.path))


def remove(directory: str | os.PathLike[str]) -> None:
    """Remove it with all that is in it, as far as that is possible; no link is followed."""
    path = os.fspath(directory)
    if os.path.islink(path):
        return
    directories = [path]
    for _, entry in entries_below(path):
        if entry.is_dir(follow_symlinks=False):
            directories.append(entry.path)
        else:
            with suppress(OSError):
                os.unlink(entry.path)
    # Each is found before what is in it.
    for emptied in reversed(directories):
        with suppress(OSError):
            os.rmdir(emptied)
