"""The files of the image as a script sees them: what is known of their text before the build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from posixpath import join, normpath
from typing import Protocol

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell.values import Values

NOT_KNOWN = "\0"
"""In the text of settings: a part that is not known before the build."""


def absolute(path: str, directory: str) -> str:
    """What a path means in a directory: ``normpath(join(directory, path))`` in fewer steps."""
    if path[:1] != "/":
        if directory[:1] != "/":
            return normpath(join(directory, path))
        path = f"{directory}{path}" if directory[-1] == "/" else f"{directory}/{path}"
    return normpath(path) if "/." in path or "//" in path or path[-1] == "/" else path


class FileText(Struct, frozen=True):
    """A file whose text is known.

    ``name``: for reports; a path in the build context or in the image, or the reference of a download.
    ``doubt``: why its text may be another one by now. ``perhaps``: whether it is another file, or none, where
    a condition that is not known decides. ``of_base``: the base image has it; nothing in it is executed.
    ``origin``: the downloaded script that writes it.
    """

    name: str
    text: Values
    doubt: Reason | None = None
    perhaps: bool = False
    of_base: bool = False
    origin: str = ""


class NoText(Struct, frozen=True):
    """A file that is there, and why its text is not known. ``source``: the reference that it is a copy of."""

    name: str
    reason: Reason
    source: str = ""


class FilesSeen(Protocol):
    """The files of one image, as a command sees them. Paths are absolute and normalised."""

    def find(self, path: str) -> FileText | NoText | None:
        """What is known of a file; None where nothing is."""

    def exists(self, path: str) -> bool | None:
        """Whether there is a file; None where that is not known."""

    def names(self, directory: str) -> frozenset[str]:
        """Names in a directory, as far as they are known."""

    def may_have(self, places: tuple[str, ...]) -> bool:
        """Whether something may be known of one of these paths, or of what is below it."""

    def is_whole(self, directory: str) -> bool:
        """Whether no copy of files that are not known is in a directory; commands are not counted."""


class Files(FilesSeen, Protocol):
    """The files of one image while a RUN changes them."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed a file, as far as that is known."""

    def now(self) -> FilesSeen:
        """The files as they are now, whatever changes them later."""

    def having(self, name: str, directories: Sequence[str]) -> Iterator[str]:
        """The directories that have a name, in their order; a tuple of them is normalised."""

    def write(self, path: str, content: FileText | NoText, *, certain: bool) -> None:
        """A command writes a file; where that is not ``certain``, what was there is possible as well."""

    def save(self, path: str, read: Callable[[], FileText | NoText]) -> None:
        """A command writes a file in any case; ``read`` gives its content where it is looked up."""

    def copy(self, source: str, target: str) -> None:
        """What is at one path is at another as well, which is its new name: ``cp -a SOURCE TARGET``."""

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""

    def remove(self, path: str) -> None:
        """A file, or a directory with all that is in it."""


class NoFiles:
    """An image of which nothing is known."""

    is_empty = True

    def now(self) -> FilesSeen:
        """The same."""
        return self

    def exists(self, _path: str) -> bool | None:
        """It is not known."""
        return None

    def find(self, _path: str) -> FileText | NoText | None:
        """Nothing."""
        return None

    def names(self, _directory: str) -> frozenset[str]:
        """None."""
        return frozenset()

    def having(self, _name: str, _directories: Sequence[str]) -> Iterator[str]:
        """None."""
        return iter(())

    def may_have(self, _places: tuple[str, ...]) -> bool:
        """Nothing."""
        return False

    def is_whole(self, _directory: str) -> bool:
        """Nothing is copied."""
        return True

    def write(self, _path: str, _content: FileText | NoText, *, certain: bool) -> None:
        """Is not kept."""

    def save(self, _path: str, _read: Callable[[], FileText | NoText]) -> None:
        """Is not kept."""

    def copy(self, _source: str, _target: str) -> None:
        """Is not kept."""

    def link(self, _path: str, _target: str) -> None:
        """Is not kept."""

    def remove(self, _path: str) -> None:
        """Is not kept."""


NO_FILES: FilesSeen = NoFiles()
