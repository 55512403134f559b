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
    """``children``: by name, as far as they matter. ``opaque``: it hides what is in the layers below."""

    children: dict[str, Node] = field(default_factory=dict)
    opaque: bool = False


class File(Struct, frozen=True):
    """``content``: its bytes, or the temporary file that has them; None for what has no content."""

    content: bytes | Path | None


class Link(Struct, frozen=True):
    """A symbolic link."""

    target: str


class Elsewhere(Struct, frozen=True):
    """A hard link to a file that this layer does not have, or that was not kept."""

    path: str


class Removed(Struct, frozen=True):
    """A whiteout, in the tree of one layer."""


Node = Directory | File | Link | Elsewhere | Removed


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
        """One more layer, as overlayfs lays it upon the others.

        A layer is unpacked alone: a link of a layer below leads none of its entries elsewhere, and is hidden
        by the directory that they are in.
        """
        own = Tree()
        for change in changes:
            if whiteouts and change.path.rpartition("/")[2].startswith(WHITEOUT):
                own._hide(change.path)
            else:
                own._add(change)
        self.root = _merged(own.root, self.root)

    def _hide(self, path: str) -> None:
        above, _, name = path.rpartition("/")
        directory = self._directory(above)
        if directory is not None and name == OPAQUE:
            directory.opaque = True
        elif directory is not None and not name.startswith(_METADATA):
            directory.children.setdefault(name.removeprefix(WHITEOUT), Removed())

    def _add(self, change: Change) -> None:
        above, _, name = change.path.rpartition("/")
        directory = self._directory(above)
        if directory is None:
            return
        if change.kind is not Kind.DIRECTORY:
            directory.children[name] = self._node(change)
        elif not isinstance(directory.children.get(name), Directory):
            # What is a directory again after a whiteout has nothing of the one below.
            removed = isinstance(directory.children.get(name), Removed)
            directory.children[name] = Directory(opaque=removed)

    def _node(self, change: Change) -> Node:
        if change.kind is Kind.LINK:
            return Link(change.target)
        if change.kind is Kind.HARD_LINK:
            path = cleaned(change.target)
            above, _, name = path.rpartition("/")
            directory = self._directory(above, create=False)
            found = directory.children.get(name) if directory else None
            return found if isinstance(found, File | Link) else Elsewhere(path)
        return File(change.content if change.kind is Kind.FILE else None)

    def _directory(self, path: str, *, create: bool = True) -> Directory | None:
        """The directory of an entry, links of this layer followed, as a runtime finds it; None for none."""
        parts, at, links = _reversed(path), [self.root], 0
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
                found = at[-1].children[part] = Directory(opaque=isinstance(found, Removed))
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
            if found is None or isinstance(found, Removed):
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


def _merged(upper: Directory, lower: Directory) -> Directory:
    """Both are used up. No recursion: a path can have thousands of parts."""
    open_ = [(upper, lower)]
    while open_:
        above, below = open_.pop()
        kept = {} if above.opaque else below.children
        for name, node in above.children.items():
            under = kept.get(name)
            if isinstance(node, Directory) and isinstance(under, Directory):
                open_.append((node, under))
            elif isinstance(node, Directory):
                open_.append((node, Directory()))
        present = {name: node for name, node in above.children.items() if not isinstance(node, Removed)}
        hidden = above.children.keys()
        above.children = {**{name: it for name, it in kept.items() if name not in hidden}, **present}
        above.opaque = False
    return upper


def _reversed(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in {"", "."}]
