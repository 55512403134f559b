"""``.dockerignore``: where the rules are, and which files of a directory they do not exclude."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.errors import ContextError
from freshlayer.files.bounded_read import UnfitFileError, read_file

if TYPE_CHECKING:
    from freshlayer.context.ignore_patterns import Patterns

NAME = ".dockerignore"
_LARGEST = 16 * 1024 * 1024


def ignore_file(dockerfile: Path) -> Path:
    """``D.dockerignore`` beside the Dockerfile D, which BuildKit prefers to the context's own file."""
    return dockerfile.with_name(f"{dockerfile.name}{NAME}")


def read_rules(path: Path) -> str | None:
    """The text of an ignore file; None if there is none. Raises ContextError if it can't be used."""
    try:
        return read_file(path, _LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except UnfitFileError as error:
        raise ContextError(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise ContextError(f"{path}: can't be read: {error.strerror}") from None


def patterns(path: Path, text: str, *, before_23: bool = False) -> Patterns:
    """The rules, compiled. Raises ContextError for a pattern that docker would refuse.

    ``before_23``: as docker clients before 23 read them.
    """
    from freshlayer.context.ignore_patterns import Patterns  # noqa: PLC0415 - few builds need them

    try:
        return Patterns.of(text, before_23=before_23)
    except ValueError as error:
        raise ContextError(f"{path}: {error}") from None


def is_sent(context: Path, dockerfile: Path | None, path: Path) -> bool:
    """Whether a builder gets a file with the context. Raises ContextError."""
    root, file = context.resolve(), path.resolve()
    if not file.is_relative_to(root):
        return False
    own = ignore_file(dockerfile) if dockerfile else None
    rules = own if own and own.is_file() else root / NAME
    return not patterns(rules, read_rules(rules) or "").excludes(file.relative_to(root).as_posix())


def walk(root: Path, rules: Patterns) -> Iterator[tuple[str, os.stat_result]]:
    """(path relative to the root, lstat) of everything that docker's client sends, in its order.

    An excluded directory is walked if an exception names something below it. Sockets are left
    out, as the client leaves them out. Raises OSError for what can't be read.
    """
    waiting: list[tuple[str, list[bool]]] = [(path, []) for path in _listed(root, "")]
    while waiting:
        path, above = waiting.pop()
        status = (root / path).lstat()
        excluded, matched = rules.below(path, above)
        if not excluded and not stat.S_ISSOCK(status.st_mode):
            yield path, status
        if stat.S_ISDIR(status.st_mode) and (not excluded or rules.may_hold_exceptions(path)):
            waiting += [(below, matched) for below in _listed(root, path)]


def _listed(root: Path, directory: str) -> list[str]:
    """The paths in a directory, in reverse order."""
    names = sorted(os.listdir(root / directory), key=os.fsencode, reverse=True)
    return [f"{directory}/{name}" if directory else name for name in names]
