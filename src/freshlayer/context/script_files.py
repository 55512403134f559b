"""Reads the files of a build context that an analysis wants: few, small, and only what a builder is sent."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.files.bounded_read import UnfitFileError, read_file, read_start
from freshlayer.model.context_files import (
    ContextAbsent,
    ContextAnswer,
    ContextDirectory,
    ContextLink,
    ContextText,
    ContextUnread,
    Wanted,
)
from freshlayer.model.reasons import Reason

if TYPE_CHECKING:
    from freshlayer.context.ignore_patterns import Patterns

LARGEST = 1024 * 1024
MOST_FILES = 200
MOST_NAMES = 5_000
PACKAGE_FILE = ".deb"
_MOST_QUESTIONS = 20_000


class ContextFiles:
    """Files of one context; at most ``MOST_FILES`` are read, of at most ``LARGEST`` bytes each.

    Nothing is opened, not even an ignore file, before the first is wanted. Links lead nowhere outside.
    """

    def __init__(self, root: Path, dockerfile: Path | None) -> None:
        self._root = root
        self._dockerfile = dockerfile
        self._rules: Patterns | None = None
        self._left = MOST_FILES
        self._questions = _MOST_QUESTIONS

    def read(self, wanted: Sequence[Wanted]) -> dict[Wanted, ContextAnswer]:
        """The answers. Raises ContextError where an ignore file can't be used."""
        return {item: self._answer(item) for item in wanted}

    def _answer(self, wanted: Wanted) -> ContextAnswer:
        self._questions -= 1
        if self._questions < 0:
            return ContextUnread(_limit("freshlayer looks up no more files of the build context"))
        try:
            return self._looked_up(wanted)
        except (FileNotFoundError, NotADirectoryError):
            return ContextAbsent()
        except UnfitFileError as error:
            return ContextUnread(Reason("script-not-in-context", detail=f"{wanted.path} {error.strerror}"))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not a path"
            return ContextUnread(Reason("script-not-in-context", detail=f"it can't be read: {why}"))

    def _looked_up(self, wanted: Wanted) -> ContextAnswer:
        path = os.path.join(self._root, wanted.path)
        status = os.lstat(path)
        real = self._inside(path)
        if real is None:
            return ContextUnread(Reason("script-not-in-context", detail="a link leads out of the context"))
        if self._is_ignored(wanted.path) or self._is_ignored(real):
            return ContextAbsent(ignored=True)
        if stat.S_ISDIR(status.st_mode):
            return self._names(path, wanted.path) if wanted.names else ContextDirectory()
        if stat.S_ISLNK(status.st_mode):
            return ContextLink(os.readlink(path))
        return ContextAbsent() if wanted.names else self._text(path)

    def _inside(self, path: str) -> str | None:
        """The path below the context at which a file is, its directories resolved; None outside of it."""
        root = os.path.realpath(self._root)
        parent, name = os.path.split(path)
        real = os.path.normpath(os.path.join(os.path.realpath(parent), name))
        if real == root:
            return "."
        start = os.path.join(root, "")
        return real.removeprefix(start) if real.startswith(start) else None

    def _is_ignored(self, path: str) -> bool:
        if self._rules is None:
            self._rules = self._read_rules()
        return path != "." and self._rules.excludes(path)

    def _read_rules(self) -> Patterns:
        from freshlayer.context.dockerignore import NAME, ignore_file, patterns, read_rules  # noqa: PLC0415 - few want it

        own = ignore_file(self._dockerfile) if self._dockerfile else None
        file = own if own and own.is_file() else self._root / NAME
        return patterns(file, read_rules(file) or "")

    def _names(self, path: str, name: str) -> ContextAnswer:
        """Of a directory, without the files that an ignore file leaves out."""
        found: list[str] = []
        with os.scandir(path) as entries:
            for entry in entries:
                if len(found) >= MOST_NAMES:
                    return ContextUnread(_limit(f"{name} has more than {MOST_NAMES} files"))
                below = entry.name if name == "." else f"{name}/{entry.name}"
                is_directory = entry.is_dir(follow_symlinks=False)
                if is_directory or not self._is_ignored(below):
                    found.append(f"{entry.name}/" if is_directory else entry.name)
        return ContextDirectory(tuple(sorted(found)))

    def _text(self, path: str) -> ContextAnswer:
        if self._left <= 0:
            return ContextUnread(_limit(f"more than {MOST_FILES} files of the build context are executed"))
        self._left -= 1
        if path.endswith(PACKAGE_FILE):
            return _control(path)
        content = read_file(path, LARGEST).decode("utf-8", "surrogateescape")
        return ContextText(content.replace("\r\n", "\n"))


def _control(path: str) -> ContextAnswer:
    from freshlayer.context.package_file import MOST, control_of  # noqa: PLC0415 - few contexts have one

    start, size = read_start(path, MOST)
    try:
        return ContextText(control_of(start, size))
    except ValueError as error:
        return ContextUnread(Reason("package-file", detail=f"it can't be read: {error}"))


def _limit(detail: str) -> Reason:
    return Reason("limit-reached", detail=detail)
