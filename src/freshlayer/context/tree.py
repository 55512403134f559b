"""The Dockerfiles below a directory, except what git ignores there."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
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
    """One .gitignore: patterns are relative to its directory, whose path ends in a separator.

    ``of_directories``: the same for directories, for which ``name/`` means ``name``.
    """

    directory: str
    of_files: GitIgnoreSpec
    of_directories: GitIgnoreSpec


_Levels = tuple[_Rules, ...]
"""From the repository's root down to a directory."""


def is_dockerfile(name: str) -> bool:
    """``Dockerfile``, ``Containerfile``, ``*.Dockerfile``, ``Dockerfile.*``; not an editor's backup file."""
    if name.startswith(".") or name.endswith(_LEFTOVERS):
        return False
    return name in _NAMES or name.startswith(_BEGINNING) or name.endswith(_ENDINGS)


def dockerfiles(
    root: str | Path, report: Callable[[str], None], wanted: Callable[[str], bool] = is_dockerfile
) -> Iterator[str]:
    """The path of every Dockerfile below a directory, sorted; symbolic links are not followed.

    ``wanted``: which names are looked for. ``report`` gets a message for each directory that can't be listed,
    and for each .gitignore that can't be read. Raises ContextError if the root is not a directory.
    """
    return (path for path, _ in with_names(root, report, wanted))


def with_names(
    root: str | Path, report: Callable[[str], None], wanted: Callable[[str], bool] = is_dockerfile
) -> Iterator[tuple[str, AbstractSet[str]]]:
    """The same, each with the names of all that is in its directory."""
    root = Path(root)
    if not root.is_dir():
        raise ContextError(f"{shown(str(root))}: is not a directory")
    waiting = [(str(root), _above(root, report))]
    while waiting:
        directory, above = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            names = {entry.name for entry in found}
            levels = _levels(directory, names, above, report)
        except OSError as error:
            report(f"{shown(directory)}: can't be read: {error.strerror}")
            continue
        left = [
            entry
            for entry in found
            if _is_wanted(entry, wanted) and not (levels and _is_ignored(directory, entry, levels))
        ]
        yield from ((_path(directory, entry), names) for entry in left if not entry.is_dir())
        waiting += [(_path(directory, entry), levels) for entry in reversed(left) if entry.is_dir()]


def _path(directory: str, entry: os.DirEntry[str]) -> str:
    return entry.name if directory == "." else entry.path


def _levels(directory: str, names: Container[str], above: _Levels, report: Callable[[str], None]) -> _Levels:
    """``names``: of all that is in the directory. A repository within another has only its own rules."""
    if _GIT in names and os.path.exists(os.path.join(directory, _GIT)):
        above = ()
    return (*above, *_rules(directory, report)) if _IGNORE in names else above


def _is_wanted(entry: os.DirEntry[str], wanted: Callable[[str], bool]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return entry.name != _GIT
    return entry.is_file(follow_symlinks=False) and wanted(entry.name)


def _is_ignored(directory: str, entry: os.DirEntry[str], levels: _Levels) -> bool:
    """The last pattern that matches decides, and that of a deeper file first (gitignore(5))."""
    path = os.path.join(os.path.realpath(directory), entry.name)
    for rules in reversed(levels):
        spec = rules.of_directories if entry.is_dir() else rules.of_files
        included = spec.check_file(path.removeprefix(rules.directory)).include
        if included is not None:
            return included
    return False


def _rules(directory: str, report: Callable[[str], None]) -> Iterator[_Rules]:
    """The rules of a directory's own .gitignore; nothing if it has none, or one that can't be read."""
    path = os.path.join(directory, _IGNORE)
    try:
        lines = read_file(path, _LARGEST).decode("utf-8", "surrogateescape").splitlines()[:_MOST_LINES]
    except (FileNotFoundError, NotADirectoryError):
        return
    except UnfitFileError as error:
        report(f"{shown(path)}: {error.strerror}: its rules are not applied")
        return
    except OSError as error:
        report(f"{shown(path)}: can't be read: {error.strerror}: its rules are not applied")
        return
    # "name/" on a path that ends in a slash would count for less than a pattern before it.
    of_directories = (bare[:-1] if (bare := line.rstrip()).endswith("/") else line for line in lines)
    yield _Rules(os.path.join(os.path.realpath(directory), ""), _spec(lines), _spec(of_directories))


def _spec(lines: Iterable[str]) -> GitIgnoreSpec:
    """Without the lines that are not patterns, which git skips too, and those with too many wildcards."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where something is ignored

    patterns: list[GitIgnoreSpecPattern] = []
    for line in lines:
        if max(part.count("*") for part in line.split("/")) <= _MOST_STARS:
            with contextlib.suppress(ValueError, re.error), warnings.catch_warnings(action="ignore"):
                patterns += GitIgnoreSpec.from_lines([line]).patterns
    return GitIgnoreSpec(patterns)


def _above(root: Path, report: Callable[[str], None]) -> _Levels:
    """The rules of the directories between the repository's root and this one; none outside a repository."""
    here = root.resolve()
    if (here / _GIT).exists():
        return ()
    top = next((place for place, directory in enumerate(here.parents) if (directory / _GIT).exists()), None)
    if top is None:
        return ()
    return tuple(
        rules for directory in reversed(here.parents[: top + 1]) for rules in _rules(str(directory), report)
    )
