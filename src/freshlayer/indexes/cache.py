"""The directory of parsed indexes, and of what is known of manifests. Bounded; least recently used go.

A file is written under a temporary name and renamed. What is damaged, or was written by another version,
counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
from msgspec import Struct

from freshlayer import __version__
from freshlayer.files.atomic_write import replace
from freshlayer.files.bounded_read import read_file
from freshlayer.indexes.compressed import UnreadableError, decompress
from freshlayer.indexes.table import DamagedIndexError, TableIndex, write
from freshlayer.model.packages import Entries, IndexFile

__all__ = ["DamagedIndexError", "IndexCache", "KnownManifest", "UnreadableError"]

_FORMAT = "1"
_LARGEST = 2_000_000_000
_LARGEST_MANIFEST = 64 * 1024
_BUFFER = 1 << 20
_NEW = ".new-"
_ABANDONED = 3600
_LOOKS = 32
"""So often the directory is looked through while what it may hold is kept: not for each of many documents."""
_USED_AGAIN = 3600
"""Seconds after which a use is noted again."""


ReadEntries = Callable[[str, BinaryIO, BinaryIO], Entries]
"""``entries`` of a package manager."""


class KnownManifest(Struct, frozen=True):
    """What is known of a URL whose content changes.

    ``sha256``: of the file as transferred. ``entity_tag``, ``last_modified``: verbatim. ``dated``: the time
    that the file itself states, in seconds since 1970; 0 where it states none. ``checked``: when the origin
    last stated that it is still this file.
    """

    sha256: str
    entity_tag: str = ""
    last_modified: str = ""
    dated: int = 0
    checked: int = 0


class IndexCache:
    """Parsed indexes by content, and manifests by URL. A directory that can't be written holds nothing."""

    def __init__(self, directory: Path, largest: int = _LARGEST) -> None:
        self._directory = directory
        self._largest = largest
        self._unpruned = largest

    def index(self, file: IndexFile, sha256: str = "") -> TableIndex | None:
        """The parsed index of a file; None where it is not here. ``sha256``: where the file states none."""
        path = self._index_path(file, sha256 or file.sha256)
        try:
            found = TableIndex(str(path))
        except (OSError, DamagedIndexError):
            return None
        _used(path)
        return found

    def keep(self, file: IndexFile, transferred: BinaryIO, sha256: str, entries: ReadEntries) -> TableIndex:
        """Verify, parse and keep a file. ``sha256``: of the file as transferred.

        Raises ValueError where the file can't be read, or is not the one that was named; OSError where there
        is no space.
        """
        self._make_directory()
        with self._unnamed() as content, self._unnamed() as scratch, self._new_file() as temporary:
            of_content = decompress(transferred, file.compression, content)
            _verify(file, of_content if file.digest_of_content else sha256)
            content.seek(0)
            with open(temporary, "wb", buffering=_BUFFER) as stream:
                write(stream, file.sha256 or sha256, entries(file.kind, content, scratch))
            found = TableIndex(temporary)
            with contextlib.suppress(OSError):
                os.replace(temporary, self._index_path(file, file.sha256 or sha256))
        self._unpruned += found.size
        if self._unpruned * _LOOKS >= self._largest:
            self._unpruned = 0
            self._prune()
        return found

    def manifest(self, url: str) -> KnownManifest | None:
        """What is known of a URL."""
        path = self._manifest_path(url)
        try:
            known = msgspec.json.decode(read_file(path, _LARGEST_MANIFEST), type=KnownManifest)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        _used(path)
        return known

    def keep_manifest(self, url: str, known: KnownManifest) -> None:
        """Note what is known of a URL."""
        self._make_directory()
        with contextlib.suppress(OSError):
            replace(self._manifest_path(url), msgspec.json.encode(known))

    def _make_directory(self) -> None:
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)

    def _index_path(self, file: IndexFile, sha256: str) -> Path:
        """The kind and the version are part of the name: they decide what the entries are."""
        parts = (_FORMAT, __version__, file.manager, file.kind, sha256)
        return self._directory / f"{hashlib.sha256(':'.join(parts).encode()).hexdigest()}.index"

    def _manifest_path(self, url: str) -> Path:
        """A URL may hold a credential, so that its digest is the name."""
        return self._directory / f"{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()}.manifest"

    def _unnamed(self) -> BinaryIO:
        """A file for what is as large as an index: on the disk of the cache, not in memory."""
        import tempfile  # noqa: PLC0415 - few runs want a file, and it loads compression

        try:
            return cast("BinaryIO", tempfile.TemporaryFile(buffering=_BUFFER, dir=self._directory))
        except OSError:
            return cast("BinaryIO", tempfile.TemporaryFile(buffering=_BUFFER))

    @contextlib.contextmanager
    def _new_file(self) -> Iterator[str]:
        """A temporary file here, or in the directory for such files; removed if it still is there."""
        import tempfile  # noqa: PLC0415 - the same

        try:
            descriptor, path = tempfile.mkstemp(prefix=_NEW, dir=self._directory)
        except OSError:
            descriptor, path = tempfile.mkstemp(prefix="freshlayer-index-")
        os.close(descriptor)
        try:
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def _prune(self) -> None:
        """Remove what was used least recently where there is too much, and what killed runs left."""
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            found = [(status.st_mtime, status.st_size, entry.path) for entry, status in _with_status(entries)]
            total = sum(size for _, size, _ in found)
            for moment, size, path in sorted(found):
                left = os.path.basename(path).startswith(_NEW) and time.time() - moment > _ABANDONED
                if left or total > self._largest:
                    with contextlib.suppress(OSError):
                        os.unlink(path)
                    total -= size


def _with_status(entries: Iterator[os.DirEntry[str]]) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    for entry in entries:
        with contextlib.suppress(OSError):
            yield entry, entry.stat(follow_symlinks=False)


def _verify(file: IndexFile, sha256: str) -> None:
    if file.sha256 and file.sha256 != sha256:
        raise ValueError("it is not the file that its repository names")


def _used(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > _USED_AGAIN:
            os.utime(path)
