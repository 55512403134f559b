"""Images that a local engine has: files that it streams out of a container, or an image that it saves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from freshlayer.bases import paths
from freshlayer.bases.contents import contents_of, missing
from freshlayer.bases.decompression import Detected
from freshlayer.bases.documents import config_of
from freshlayer.bases.image_read import ImageRead
from freshlayer.bases.layer import Budget, Changes
from freshlayer.bases.limits import LARGEST_DOCUMENT, MOST_PASSES, ImageError, exceeded, invalid
from freshlayer.bases.reading import applied
from freshlayer.bases.tar import Entry, Kind, Take, TarReader, cleaned
from freshlayer.bases.tree import Change, Tree
from freshlayer.model.base_image import BaseContents, ImageConfig
from freshlayer.model.reasons import Reason

Pieces = Iterable[bytes]
Fetch = Callable[[Sequence[str]], Iterator[tuple[str, Pieces]]]
"""Paths → for each that is there the directory that it is in, and a tar of it."""
Saved = Callable[[], AbstractContextManager[Pieces]]
"""The image as ``docker save`` writes it."""

_FETCHED = (
    "etc",
    *(path for path in (*paths.FILES, *paths.DIRECTORIES) if not path.startswith("etc/")),
    *(paths.DPKG_STATUS, paths.DPKG_STATUS_DIRECTORY, *paths.APK_INSTALLED, *paths.RPM_PLACES),
)
"""Few paths: each costs a request. What is not wanted of a directory passes by."""
_MANIFEST = "manifest.json"
_DOCUMENT = (b"{", b"[")


def from_files(fetch: Fetch, directory: Path) -> ImageRead:
    """Read an image out of a container that never ran."""
    return _read(directory, lambda wants, budget: _fetched(fetch, wants, budget))


def from_saved(saved: Saved, directory: Path) -> ImageRead:
    """Read a saved image, its configuration as well."""
    configs: list[ImageConfig] = []

    def layers(wants: paths.Wanted, budget: Budget) -> Tree:
        with saved() as pieces:
            image = _SavedImage(wants, budget)
            for piece in pieces:
                image.feed(piece)
            configs.append(config_of(image.config))
            return applied(image.newest_first)

    read = _read(directory, layers)
    return msgspec.structs.replace(read, config=configs[-1] if configs else None)


def _read(directory: Path, tree_of: Callable[[paths.Wanted, Budget], Tree]) -> ImageRead:
    try:
        return ImageRead(contents=_passes(directory, tree_of))
    except ImageError as error:
        return ImageRead(why_not=error.reason)
    except OSError as error:
        return ImageRead(
            why_not=Reason("base-not-read", detail=f"the engine's files: {error.strerror or error}")
        )


def _passes(directory: Path, tree_of: Callable[[paths.Wanted, Budget], Tree]) -> BaseContents:
    wants, budget = paths.wanted(), Budget(directory)
    for _ in range(MOST_PASSES):
        budget.reset()
        tree = tree_of(wants, budget)
        more = missing(tree, wants)
        if not more:
            return contents_of(tree)
        wants = wants.with_extra(more)
    raise exceeded("its links lead from file to file")


def _fetched(fetch: Fetch, wants: paths.Wanted, budget: Budget) -> Tree:
    tree = Tree()
    for below, pieces in fetch((*_FETCHED, *sorted(wants.extra))):
        changes = Changes(wants, budget, below)
        try:
            for piece in pieces:
                changes.feed(piece)
            changes.end()
        finally:
            changes.close()
        tree.apply(changes.found, whiteouts=False)
    return tree


class _SavedImage:
    """The tar of a saved image. Which of its files are layers, and in which order, its last file states."""

    def __init__(self, wants: paths.Wanted, budget: Budget) -> None:
        self._wants, self._budget = wants, budget
        self._documents: dict[str, bytearray] = {}
        self._layers: dict[str, _SavedLayer] = {}
        self._links: dict[str, str] = {}
        self._reader = TarReader(self._open)

    def feed(self, piece: bytes) -> None:
        """Raises ImageError, OSError."""
        self._reader.feed(piece)

    @property
    def config(self) -> bytes:
        """Raises ImageError."""
        return bytes(self._documents.get(str(self._manifest.get("Config")), b""))

    @property
    def newest_first(self) -> list[list[Change]]:
        """Raises ImageError."""
        listed = self._manifest.get("Layers")
        names = [str(name) for name in listed] if isinstance(listed, list) else []
        return [self._layer(self._links.get(name, name)) for name in reversed(names)]

    def _layer(self, name: str) -> list[Change]:
        if name not in self._layers:
            raise invalid("a saved image lacks a layer")
        return self._layers[name].end()

    @property
    def _manifest(self) -> Mapping[str, object]:
        try:
            listed = msgspec.json.decode(
                bytes(self._documents.get(_MANIFEST, b"")), type=list[dict[str, object]]
            )
        except msgspec.DecodeError:
            listed = []
        if not listed:
            raise invalid("a saved image has no manifest")
        return listed[0]

    def _open(self, entry: Entry) -> Take | None:
        if entry.kind is not Kind.FILE:
            if entry.target:
                self._links[entry.path] = _beside(entry.path, entry.target)
            return None

        def take(piece: bytes) -> None:
            if entry.path not in self._documents and entry.path not in self._layers:
                self._begin(entry, piece)
            if entry.path in self._documents:
                self._documents[entry.path] += piece
            else:
                self._layers[entry.path].feed(piece)

        return take

    def _begin(self, entry: Entry, piece: bytes) -> None:
        if entry.size <= LARGEST_DOCUMENT and (piece.startswith(_DOCUMENT) or not piece):
            self._documents[entry.path] = bytearray()
        else:
            self._layers[entry.path] = _SavedLayer(self._wants, self._budget)


class _SavedLayer:
    """A layer in a saved image, compressed or not. What is no tar is no layer, and counts only if named."""

    def __init__(self, wants: paths.Wanted, budget: Budget) -> None:
        self._changes = Changes(wants, budget)
        self._stream = Detected()
        self._error: ImageError | None = None

    def feed(self, piece: bytes) -> None:
        if self._error is None:
            try:
                self._stream.feed(piece, self._changes.feed)
            except ImageError as error:
                self._error = error

    def end(self) -> list[Change]:
        """Raises ImageError."""
        if self._error is not None:
            raise self._error
        self._stream.end()
        self._changes.end()
        return self._changes.found


def _beside(path: str, target: str) -> str:
    """What a link in a saved image names."""
    return cleaned(f"{path.rpartition('/')[0]}/{target}")
