"""COPY, ADD and ``RUN --mount=type=bind`` → where each file of the image comes from.

The rules of destinations are the Dockerfile reference's, as BuildKit and the classic builder apply them.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename, join, normpath

from msgspec import Struct

from freshlayer.discover.files.layers import Found, Link, View, below_path
from freshlayer.discover.files.trees import Tree
from freshlayer.lazy_regex import compiled
from freshlayer.shell.files import FileText, NoText, absolute
from freshlayer.shell.patterns import matches

_WILDCARD = compiled(r"[*?\[]")
_ARCHIVE = compiled(r"\.(?:tar(?:\.(?:gz|bz2|xz|zst|Z))?|tgz|tbz2?|txz)$")
_MOST_MATCHES = 200


class Copied(Struct, frozen=True):
    """One COPY, ADD or bind mount. ``sources`` and ``path``, the target, are absolute and normalised.

    ``into``: the target is a directory, as a slash at its end or several sources make it. ``unpacks``: as ADD
    does with archives. ``parents``: as with ``--parents``. ``excluded``: patterns of ``--exclude``.
    """

    tree: Tree
    sources: tuple[str, ...]
    path: str
    into: bool = False
    unpacks: bool = False
    parents: bool = False
    excluded: tuple[str, ...] = ()

    def find(self, path: str) -> Found | None:
        """The file that was copied to a path, from the last source that has it."""
        rest = below_path(path, self.path) if path.startswith(self.path) else None
        if rest is None:
            return None
        for source in reversed(self.sources):
            for place, named in self._places(source, rest):
                found = None if self._leaves_out(place) else self.tree.find(place, named=named)
                if found is not None:
                    return _in_image(found, path)
        return None

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """With what was copied into the directory."""
        rest = below_path(directory, self.path) if directory.startswith(self.path) else None
        if rest is None:
            above = below_path(self.path, directory) if self.path.startswith(directory) else None
            return known | {above.partition("/")[0]} if above else known
        return known.union(*[self._names(source, rest) for source in self.sources])

    def is_whole(self, directory: str) -> bool:
        """Whether all is known that was copied into the directory."""
        if below_path(directory, self.path) is None:
            return True
        if self.unpacks and any(map(_ARCHIVE.search, self.sources)):
            return False
        return self.tree.is_read or all(map(self._is_file, self.sources))

    def _is_file(self, source: str) -> bool:
        return not _WILDCARD.search(source) and isinstance(self.tree.find(source, named=True), FileText)

    def _names(self, source: str, rest: str) -> Iterator[str]:
        if self.parents:
            base, _ = _pivoted(source)
            yield from self.tree.names(absolute(rest, base)) or ()
            return
        for match in _expanded(source, self.tree):
            listed = self.tree.names(absolute(rest, match.rstrip("/")))
            if listed is not None:
                yield from (name.rstrip("/") for name in listed)
            elif not rest:
                yield basename(match)

    def _places(self, source: str, rest: str) -> Iterator[tuple[str, bool]]:
        """(path in the tree, whether the source names it) of what may have become ``rest`` of the target."""
        if self.parents:
            yield from _with_parents(source, rest)
        elif not _WILDCARD.search(source):
            yield from self._of_source(source, rest)
        else:
            yield from self._of_pattern(source, rest)

    def _of_source(self, source: str, rest: str) -> Iterator[tuple[str, bool]]:
        """A file becomes the target, or is put into it; of a directory all that is in it is."""
        archive = self.unpacks and _ARCHIVE.search(source)
        if not archive and (rest == basename(source) or (not rest and not self.into)):
            yield source, True
        if rest:
            yield absolute(rest, source), False

    def _of_pattern(self, source: str, rest: str) -> Iterator[tuple[str, bool]]:
        """Without a list of the directory where only the last part is a pattern."""
        directory, _, last = source.rpartition("/")
        if rest and "/" not in rest and not _WILDCARD.search(directory) and matches(last, rest):
            yield f"{directory}/{rest}", True
        for match in _expanded(source, self.tree):
            if match.endswith("/"):
                yield absolute(rest, match), False
            elif rest == basename(match) or (not rest and not self.into):
                yield match, True

    def _leaves_out(self, place: str) -> bool:
        if not self.excluded:
            return False
        parts = place.strip("/").split("/")
        tails = ["/".join(parts[start:]) for start in range(len(parts))]
        return any(matches(pattern, tail) for pattern in self.excluded for tail in tails)


def _in_image(found: Found, path: str) -> Found:
    """A link that was copied with its directory leads on from its new place."""
    return Link(normpath(join(path, "..", found.target))) if isinstance(found, Link) else found


def _pivoted(source: str) -> tuple[str, str]:
    """``/a/./b``: what ``--parents`` leaves out, and what it keeps."""
    before, pivot, kept = source.partition("/./")
    return (before or "/", kept) if pivot else ("/", source.lstrip("/"))


def _with_parents(source: str, rest: str) -> Iterator[tuple[str, bool]]:
    base, kept = _pivoted(source)
    wanted, have = kept.rstrip("/").split("/"), rest.split("/")
    if len(have) >= len(wanted) and all(
        matches(pattern, part) for pattern, part in zip(wanted, have, strict=False)
    ):
        yield absolute(rest, base), len(have) == len(wanted)


def _expanded(source: str, tree: Tree) -> list[str]:
    """The paths that a source with wildcards means; those of directories end in a slash."""
    if not _WILDCARD.search(source):
        return [source]
    found = ["/"]
    parts = source.strip("/").split("/")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if not _WILDCARD.search(part):
            found = [join(path, part) + ("" if last else "/") for path in found]
            continue
        names = [(path, name) for path in found for name in sorted(tree.names(normpath(path)) or ())]
        hits = [join(path, name) for path, name in names if matches(part, name.rstrip("/"))]
        found = [hit if last else hit.rstrip("/") + "/" for hit in hits][:_MOST_MATCHES]
    return found


class Downloaded(Struct, frozen=True):
    """``ADD URL``: a file, or a directory, of which only the origin knows the content."""

    content: NoText
    name: str
    path: str
    into: bool

    def find(self, path: str) -> Found | None:
        """The file, under its own name where the target is a directory."""
        rest = below_path(path, self.path)
        return self.content if rest == self.name or (rest == "" and not self.into) else None

    def names(self, directory: str, known: frozenset[str], _below: View) -> frozenset[str]:
        """With this one."""
        return known | {self.name} if directory == self.path and self.into else known
