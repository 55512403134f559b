"""The files of an image that matter, layer upon layer: whiteouts, opaque directories, links.

Layers are applied as a container runtime applies them, on what is kept alone. Nothing is written to disk
under a name of the image's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from freshlayer.bases.limits import MOST_LINKS
from freshlayer.bases.tar import Kind, cleaned

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_METADATA = ".wh..wh."
"""AUFS's own files."""
_NULL = "dev/null"


class Directory(Struct):
    """``children``: by name, as far as they matter."""

    children: dict[str, Node] = field(default_factory=dict)


class File(Struct, frozen=True):
    """``content``: its bytes, or the temporary file that has them; None for what has no content."""

    content: bytes | Path | None


class Link(Struct, frozen=True):
    """A symbolic link."""

    target: str


class Elsewhere(Struct, frozen=True):
    """A hard link to a file that was not kept."""

    path: str


Node = Directory | File | Link | Elsewhere


class Change(Struct, frozen=True):
    """An entry of a layer that matters. ``content``: of a file."""

    path: str
    kind: Kind
    target: str = ""
    content: bytes | Path = b""


class Lost(Struct, frozen=True):
    """Where a path leads to, and what is there is not in the tree: it may be in the image all the same."""

    path: str


class Tree:
    """An image as far as it matters."""

    def __init__(self) -> None:
        self.root = Directory()

    def apply(self, changes: list[Change], *, whiteouts: bool = True) -> None:
        """One more layer. What it removes is what the layers below have, so that comes first."""
        if whiteouts:
            for change in changes:
                if change.path.rpartition("/")[2].startswith(WHITEOUT):
                    self._remove(change.path)
        for change in changes:
            if not (whiteouts and change.path.rpartition("/")[2].startswith(WHITEOUT)):
                self._add(change)

    def _remove(self, path: str) -> None:
        above, _, name = path.rpartition("/")
        directory = self._directory(above, create=False)
        if directory is None:
            return
        if name == OPAQUE:
            directory.children.clear()
        elif not name.startswith(_METADATA):
            directory.children.pop(name.removeprefix(WHITEOUT), None)

    def _add(self, change: Change) -> None:
        above, _, name = change.path.rpartition("/")
        directory = self._directory(above, create=True)
        if directory is None:
            return
        if change.kind is Kind.DIRECTORY:
            if not isinstance(directory.children.get(name), Directory):
                directory.children[name] = Directory()
            return
        directory.children[name] = self._node(change)

    def _node(self, change: Change) -> Node:
        if change.kind is Kind.LINK:
            return Link(change.target)
        if change.kind is Kind.HARD_LINK:
            path = cleaned(change.target)
            above, _, name = path.rpartition("/")
            directory = self._directory(above, create=False)
            found = directory.children.get(name) if directory else None
            return Elsewhere(path) if found is None else File(None) if isinstance(found, Directory) else found
        return File(change.content if change.kind is Kind.FILE else None)

    def _directory(self, path: str, *, create: bool) -> Directory | None:
        """The directory of an entry, links followed, as a runtime finds it; None where there is none."""
        parts, at, links = [part for part in reversed(path.split("/")) if part], [self.root], 0
        while parts:
            part = parts.pop()
            if part == "..":
                at = at[:-1] or at
                continue
            found = at[-1].children.get(part)
            if isinstance(found, Link):
                links += 1
                if links > MOST_LINKS:
                    return None
                at = [self.root] if found.target.startswith("/") else at
                parts += _reversed(found.target)
                continue
            if not isinstance(found, Directory):
                if not create:
                    return None
                found = at[-1].children[part] = Directory()
            at = [*at, found]
        return at[-1]

    def find(self, path: str) -> Directory | File | Lost | None:
        """What a path leads to, links followed inside the image; None for a loop."""
        node, where = self.walk(path)
        return Lost(where) if node is None and where else node

    def walk(self, path: str) -> tuple[Directory | File | None, str]:
        """The same, with the path where it is or would be; empty for a loop."""
        parts = _reversed(path)
        at: list[tuple[str, Node]] = [("", self.root)]
        links = 0
        while parts:
            part = parts.pop()
            if part == "..":
                at = at[:-1] or at
                continue
            name, here = at[-1]
            place = f"{name}/{part}" if name else part
            found = here.children.get(part) if isinstance(here, Directory) else None
            if found is None:
                return None, cleaned("/".join([place, *reversed(parts)]))
            if isinstance(found, Link | Elsewhere):
                links += 1
                if links > MOST_LINKS:
                    return None, ""
                hard = isinstance(found, Elsewhere)
                target = found.path if isinstance(found, Elsewhere) else found.target
                at = at[:1] if hard or target.startswith("/") else at
                parts += _reversed(target)
                if cleaned(target) == _NULL and target.startswith("/"):
                    return File(b""), _NULL
                continue
            at.append((place, found))
        node = at[-1][1]
        return (node if isinstance(node, Directory | File) else None), at[-1][0]

    def files_below(self, path: str, most: int) -> Iterator[tuple[str, File | Lost]]:
        """Every file below a directory, by the path that leads to it; links to directories are followed."""
        open_: list[tuple[str, tuple[int, ...]]] = [(path, ())]
        count = 0
        while open_:
            here, above = open_.pop()
            node = self.find(here)
            if isinstance(node, File | Lost):
                yield here, node
            elif isinstance(node, Directory) and id(node) not in above:
                inside = (*above, id(node))
                open_ += [(f"{here}/{name}", inside) for name in sorted(node.children, reverse=True)]
            count += 1
            if count > most:
                return


def _reversed(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in {"", "."}]
