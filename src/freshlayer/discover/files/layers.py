"""What an instruction or a command has done to the files of an image: one value each, newest first.

A path is looked up from the newest to the oldest. Nothing is listed or read before a path is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import basename, dirname, join, normpath
from typing import Protocol

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.shell.files import FileText, NoText


class Gone(Struct, frozen=True):
    """There is nothing at a path, whatever older layers have there."""


class Link(Struct, frozen=True):
    """A symbolic link, with its absolute target in the image."""

    target: str


Known = FileText | NoText
Found = Known | Gone | Link
"""What a layer knows of a path."""

GONE = Gone()
_NO_NAMES: frozenset[str] = frozenset()
_LEFT_OUT = Reason("limit-reached", detail="the stage has too many instructions that write files")


class View(Protocol):
    """The layers below one."""

    def find(self, path: str) -> Found | None:
        """What they know of a path."""

    def names(self, directory: str) -> frozenset[str]:
        """What they know to be in a directory."""


class Layer(Protocol):
    """What one instruction or command did."""

    @property
    def path(self) -> str:
        """Where it did: at this path, or below it."""

    def find(self, path: str) -> Found | None:
        """What it did to this path; None for nothing."""

    def names(self, directory: str, known: frozenset[str], below: View) -> frozenset[str]:
        """The names that a directory has after it, where it had the ``known`` ones before.

        ``below``: of one of LOOKING_BELOW; others are given NOTHING.
        """


class Written(Struct, frozen=True):
    """A file with its content."""

    path: str
    content: Known

    def find(self, path: str) -> Found | None:
        """The content."""
        return self.content if path == self.path else None

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """With this one."""
        return known | first_name(self.path, directory) if self.path.startswith(directory) else known


class Saved(Struct, eq=False):
    """A file whose content is worked out where it is looked up: most downloads are not scripts."""

    path: str
    _read: Callable[[], Known]
    _content: Known | None = None

    def find(self, path: str) -> Found | None:
        """The content."""
        if path != self.path:
            return None
        if self._content is None:
            self._content = self._read()
        return self._content

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """With this one."""
        return known | first_name(self.path, directory) if self.path.startswith(directory) else known


class Linked(Struct, frozen=True):
    """``ln -s``: also a directory, by which other paths lead on."""

    path: str
    target: str

    def find(self, path: str) -> Found | None:
        """Where it leads."""
        rest = below_path(path, self.path)
        return None if rest is None else Link(normpath(join(self.target, rest)))

    def names(self, directory: str, known: frozenset[str], below: View) -> frozenset[str]:
        """With this one; those of the target where it is the directory."""
        rest = below_path(directory, self.path)
        if rest is not None:
            return below.names(normpath(join(self.target, rest)))
        return known | first_name(self.path, directory) if self.path.startswith(directory) else known


class Duplicate(Struct, frozen=True):
    """``cp -a SOURCE PATH``: what was at one path, as ``before`` knows it, is at another."""

    before: View
    source: str
    path: str

    def find(self, path: str) -> Found | None:
        """What was at the source."""
        rest = below_path(path, self.path)
        return None if rest is None else self.before.find(normpath(join(self.source, rest)))

    def names(self, directory: str, known: frozenset[str], below: View) -> frozenset[str]:
        """Those of the source as well."""
        rest = below_path(directory, self.path)
        more = below.names(normpath(join(self.source, rest))) if rest is not None else frozenset()
        return known | more | first_name(self.path, directory)


class Removed(Struct, frozen=True):
    """``rm -r``."""

    path: str

    def find(self, path: str) -> Found | None:
        """Nothing is there, nor below."""
        return None if not path.startswith(self.path) or below_path(path, self.path) is None else GONE

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """Without this one."""
        if not known:
            return known
        if below_path(directory, self.path) is not None:
            return frozenset()
        return known - {basename(self.path)} if dirname(self.path) == directory else known


class TooMany(Struct, frozen=True):
    """Layers that were left out: what they did to a script is not known."""

    path: str = "/"

    def find(self, path: str) -> Found | None:
        """A script is not known any longer."""
        return NoText(path, _LEFT_OUT) if path.endswith(".sh") else None

    def names(self, _directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """Those that are known."""
        return known


TOO_MANY = TooMany()
LOOKING_BELOW: frozenset[type] = frozenset({Linked, Duplicate})
"""Layers by which a directory has the names of another one."""
_BRING_NOTHING: frozenset[type] = frozenset({Removed})


class Mounted(Struct, frozen=True):
    """A mount over a directory, or over a file: nothing of what is below it is seen."""

    layer: Layer | None
    path: str

    def find(self, path: str) -> Found | None:
        """What is mounted there."""
        if below_path(path, self.path) is None:
            return None
        return (self.layer.find(path) if self.layer else None) or GONE

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """Those of the mount alone."""
        if below_path(directory, self.path) is None:
            return known | first_name(self.path, directory)
        return self.layer.names(directory, frozenset(), NOTHING) if self.layer else frozenset()


class _Nothing:
    def find(self, _path: str) -> Found | None:
        return None

    def names(self, _directory: str) -> frozenset[str]:
        return frozenset()


NOTHING: View = _Nothing()


def below_path(path: str, directory: str) -> str | None:
    """The path relative to a directory that it is in, or that it is (empty); None for another."""
    if not path.startswith(directory):
        return None
    rest = path[len(directory) :]
    if not rest or directory.endswith("/"):
        return rest
    return rest[1:] if rest[0] == "/" else None


def first_name(path: str, directory: str) -> frozenset[str]:
    """The name in the directory by which the path goes on."""
    rest = below_path(path, directory)
    return frozenset({rest.partition("/")[0]}) if rest else _NO_NAMES


def are_apart(layers: Iterable[Layer], places: tuple[str, ...], name: str = "") -> bool:
    """Whether no layer brings a file to one of these places, or to what is below it.

    ``name``: only a file with this name counts, or one below a directory of this name. Other layers may say
    that they do where they do not, so that one look at each is enough.
    """
    joined = "\n" + "\n".join(places)
    below = f"/{name}"
    for layer in layers:
        if type(layer) in _BRING_NOTHING:
            continue
        path = layer.path
        if path.startswith(places) and below in path:
            return False
        # A directory with one of the places in it.
        if f"\n{path}" in joined:
            return False
    return True
