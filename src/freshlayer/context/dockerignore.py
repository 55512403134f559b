"""``.dockerignore``: where the rules stand, and what they leave of a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from e2b_dockerfile_utils import PatternMatcher

from freshlayer.bounded_read import read_file
from freshlayer.errors import ContextError

NAME = ".dockerignore"
_LARGEST = 16 * 1024 * 1024


def ignore_file(dockerfile: Path) -> Path:
    """``D.dockerignore`` beside the Dockerfile D, which BuildKit prefers to the context's own file."""
    return dockerfile.with_name(f"{dockerfile.name}{NAME}")


def read_rules(path: Path) -> str | None:
    """The text of an ignore file; None where there is none. Raises ContextError where it can't be used."""
    try:
        return read_file(path, _LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContextError(f"{path}: {error.strerror}") from None


def matcher(path: Path, text: str) -> PatternMatcher:
    """The rules, ready to match. Raises ContextError for a pattern that docker would refuse."""
    try:
        return PatternMatcher(text.removeprefix("\ufeff").split("\n"))
    except ValueError as error:
        raise ContextError(f"{path}: {error}") from None


def walk(root: Path, rules: PatternMatcher) -> Iterator[tuple[str, os.stat_result]]:
    """(path relative to the root, lstat) of everything that the rules leave, folders before their content.

    Sockets are left out, as the docker client leaves them out. Raises OSError for what can't be read.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        below: list[str] = []
        for entry in found:
            path = f"{folder}/{entry.name}" if folder else entry.name
            status = entry.stat(follow_symlinks=False)
            excluded = rules.matches(path)
            if not excluded and not stat.S_ISSOCK(status.st_mode):
                yield path, status
            if stat.S_ISDIR(status.st_mode) and (not excluded or rules.may_match_under(path)):
                below.append(path)
        waiting.extend(reversed(below))
