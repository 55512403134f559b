"""A command of ours that comes back to us stops: docker, a wrapper or an alias would call us without end."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from freshlayer.children import MARK, search_path
from freshlayer.errors import ReentryError
from freshlayer.lazy_regex import compiled

__all__ = ["MARK", "enter"]

_PROCESS = compiled(r"[1-9][0-9]{0,9}")


def enter(environ: MutableMapping[str, str]) -> None:
    """Mark the environment of everything that this process starts, and leave the checkout out of its PATH.

    A mark of a process that has ended means nothing: a daemon that was started long ago may have kept it.
    Raises ReentryError where the mark is there already.
    """
    first = environ.get(MARK, "")
    if first and first != str(os.getpid()) and _is_running(first):
        raise ReentryError(
            f"freshlayer was started again by a program that it had started (process {first}): a 'docker' in "
            "PATH, an alias in docker's config.json or a credential helper leads back to freshlayer without "
            "end; nothing was run (call docker itself there, or 'docker buildx build')"
        )
    environ[MARK] = str(os.getpid())
    if "PATH" in environ:
        environ["PATH"] = search_path(environ["PATH"])


def _is_running(process: str) -> bool:
    if not _PROCESS.fullmatch(process):
        return False
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
