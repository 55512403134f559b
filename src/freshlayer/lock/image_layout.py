"""An image on disk: a directory or a tar in the OCI image layout, or what ``docker save`` writes.

Only ``index.json`` and blobs by their digest are read, and no entry is unpacked. Docker writes the layout
since version 25; before it, an archive has no manifests, and so no provenance.
https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from freshlayer.errors import FreshlayerError
from freshlayer.files.bounded_read import UnfitFileError, kind_of, read_file
from freshlayer.lazy_regex import compiled
from freshlayer.model.image_blobs import BlobAnswer, BlobWanted
from freshlayer.model.reasons import Reason

Read = TypeVar("Read")

_INDEX = "index.json"
_LARGEST_INDEX = 4 * 1024 * 1024
_MOST_ENTRIES = 100_000
_MOST_IMAGES = 100
_DIGEST = compiled(r"sha256:([0-9a-f]{64})")
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class ImageLayout:
    """An image layout that is open. ``tar``: None where it is a directory."""

    def __init__(self, path: Path, tar: tarfile.TarFile | None) -> None:
        self._path, self._tar = path, tar
        self._entries = dict(_entries(tar)) if tar is not None else {}

    def images(self) -> dict[str, str]:
        """Digest of each image of the index → its name, or an empty text. Raises FreshlayerError."""
        try:
            document: object = json.loads(self._file(_INDEX, _LARGEST_INDEX))
        except KeyError:
            raise _invalid(self._path, "it has no index.json") from None
        except (OSError, ValueError, RecursionError):
            raise _invalid(self._path, "its index.json can't be read") from None
        listed = document.get("manifests") if isinstance(document, dict) else None
        found: dict[str, str] = {}
        for item in listed[:_MOST_IMAGES] if isinstance(listed, list) else []:
            digest = item.get("digest") if isinstance(item, dict) else None
            if isinstance(digest, str) and _DIGEST.fullmatch(digest):
                found.setdefault(digest, _name(item))
        return found

    def run(self, reading: Generator[BlobWanted, BlobAnswer, Read]) -> Read:
        """Drive a reader of image parts to its end."""
        try:
            wanted = next(reading)
            while True:
                wanted = reading.send(self._blob(wanted))
        except StopIteration as end:
            found: Read = end.value
            return found

    def _blob(self, wanted: BlobWanted) -> BlobAnswer:
        match = _DIGEST.fullmatch(wanted.digest)
        if match is None:
            return Reason("image-unreadable", detail="it names a part by something that is not SHA-256")
        try:
            return self._file(f"blobs/sha256/{match[1]}", wanted.most)
        except (OSError, KeyError, tarfile.TarError):
            return Reason("image-unreadable", detail=f"it lacks {wanted.digest[:19]}…")

    def _file(self, name: str, most: int) -> bytes:
        """A file of at most so many bytes. Raises OSError, KeyError."""
        if self._tar is None:
            try:
                return read_file(self._path / name, most)
            except FileNotFoundError:
                raise KeyError(name) from None
        entry = self._entries[name]
        opened = self._tar.extractfile(entry)
        if opened is None or entry.size > most:
            raise OSError(name)
        return opened.read(most)


@contextmanager
def open_layout(path: Path) -> Iterator[ImageLayout]:
    """Open a directory or a tar, compressed or not. Raises FreshlayerError."""
    if path.is_dir():
        yield ImageLayout(path, None)
        return
    try:
        kind = kind_of(path)
        if kind:
            raise _invalid(path, f"it {kind}")
        # Compression is left out: a small archive could be unpacked without an end.
        with tarfile.open(path, "r:") as tar:
            yield ImageLayout(path, tar)
    except (tarfile.TarError, EOFError):
        raise _invalid(path, "it is neither a directory nor an uncompressed tar") from None
    except UnfitFileError as error:
        raise _invalid(path, str(error.strerror)) from None
    except OSError as error:
        raise FreshlayerError(f"{path}: can't be read: {error.strerror}") from None


def _entries(tar: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """The regular files that matter. Raises OSError for an archive that has too many entries."""
    for number, entry in enumerate(tar):
        if number > _MOST_ENTRIES:
            raise OSError(27, "has too many entries")
        name = entry.name.removeprefix("./")
        if entry.isreg() and (name == _INDEX or name.startswith("blobs/sha256/")):
            yield name, entry


def _name(item: Mapping[str, object]) -> str:
    notes = item.get("annotations")
    named = [notes.get(name) for name in _NAMES] if isinstance(notes, dict) else []
    return next((text for text in named if isinstance(text, str) and text.isprintable()), "")


def _invalid(path: Path, what: str) -> FreshlayerError:
    return FreshlayerError(f"{path}: not an image layout: {what} (docker save -o FILE IMAGE writes one)")
