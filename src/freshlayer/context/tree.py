"""The Dockerfiles below a folder, but for what git ignores there."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.errors import ContextError
from freshlayer.files.bounded_read import UnfitFileError, read_file
from freshlayer.reference import shown

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_NAMES = frozenset({"Dockerfile", "dockerfile", "Containerfile"})
_BEGINNING = "Dockerfile."
_ENDINGS = (".Dockerfile", ".dockerfile")
_LEFTOVERS = ("~", ".swp", ".dockerignore")
_GIT = ".git"
_IGNORE = ".gitignore"
_LARGEST = 1024 * 1024
_MOST_LINES = 5_000
_MOST_STARS = 3


class _Rules(Struct, frozen=True):
    """One .gitignore: patterns are relative to its folder, whose path ends in a separator.

    ``of_folders``: the same where what is matched is a folder, for which ``name/`` means ``name``.
    """

    folder: str
    of_files: GitIgnoreSpec
    of_folders: GitIgnoreSpec


_Levels = tuple[_Rules, ...]
"""From the repository's root down to a folder."""


def is_dockerfile(name: str) -> bool:
    """``Dockerfile``, ``Containerfile``, ``*.Dockerfile``, ``Dockerfile.*``; no leftover of an editor."""
    if name.startswith(".") or name.endswith(_LEFTOVERS):
        return False
    return name in _NAMES or name.startswith(_BEGINNING) or name.endswith(_ENDINGS)


def dockerfiles(root: Path, unread: Callable[[str], None]) -> Iterator[Path]:
    """Every Dockerfile below a folder, sorted; symbolic links are not followed.

    ``unread`` is told of folders that can't be listed. Raises ContextError where the root is none.
    """
    if not root.is_dir():
        raise ContextError(f"{shown(str(root))}: is no folder")
    waiting = [(root, _above(root, unread))]
    while waiting:
        folder, above = waiting.pop()
        try:
            # A repository within another has rules of its own alone.
            levels = (*(() if (folder / _GIT).exists() else above), *_rules(folder, unread))
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            unread(f"{shown(str(folder))}: can't be read: {error.strerror}")
            continue
        left = [entry for entry in found if _is_wanted(entry) and not _is_ignored(folder, entry, levels)]
        yield from (folder / entry.name for entry in left if not entry.is_dir())
        waiting += [(folder / entry.name, levels) for entry in reversed(left) if entry.is_dir()]


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name != _GIT
    return entry.is_file(follow_symlinks=False) and is_dockerfile(entry.name)


def _is_ignored(folder: Path, entry: os.DirEntry[str], levels: _Levels) -> bool:
    """The last pattern that matches decides, and that of a deeper file first (gitignore(5))."""
    path = os.path.join(os.path.realpath(folder), entry.name) if levels else ""
    for rules in reversed(levels):
        spec = rules.of_folders if entry.is_dir() else rules.of_files
        said = spec.check_file(path.removeprefix(rules.folder)).include
        if said is not None:
            return said
    return False


def _rules(folder: Path, unread: Callable[[str], None]) -> Iterator[_Rules]:
    """What a folder's own .gitignore says; nothing where it has none, or one that can't be read."""
    path = folder / _IGNORE
    try:
        lines = read_file(path, _LARGEST).decode("utf-8", "surrogateescape").splitlines()[:_MOST_LINES]
    except (FileNotFoundError, NotADirectoryError):
        return
    except UnfitFileError as error:
        unread(f"{shown(str(path))}: {error.strerror}, and is left out")
        return
    except OSError as error:
        unread(f"{shown(str(path))}: can't be read, and is left out: {error.strerror}")
        return
    # "name/" on a path that ends in a slash would count for less than a pattern before it.
    of_folders = (bare[:-1] if (bare := line.rstrip()).endswith("/") else line for line in lines)
    yield _Rules(os.path.join(os.path.realpath(folder), ""), _spec(lines), _spec(of_folders))


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    """Without the lines that are no patterns, which git leaves out too, and those that take for ever."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where something is ignored

    patterns: list[GitIgnoreSpecPattern] = []
    for line in lines:
        if max(part.count("*") for part in line.split("/")) <= _MOST_STARS:
            with contextlib.suppress(ValueError, re.error), warnings.catch_warnings(action="ignore"):
                patterns += GitIgnoreSpec.from_lines([line]).patterns
    return GitIgnoreSpec(patterns)


def _above(root: Path, unread: Callable[[str], None]) -> _Levels:
    """The rules of the folders between the repository's root and this one; none outside a repository."""
    here = root.resolve()
    if (here / _GIT).exists():
        return ()
    top = next((place for place, folder in enumerate(here.parents) if (folder / _GIT).exists()), None)
    if top is None:
        return ()
    return tuple(rules for folder in reversed(here.parents[: top + 1]) for rules in _rules(folder, unread))
