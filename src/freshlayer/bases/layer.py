"""One layer as a stream → the changes that matter, in order. Everything else passes by."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from freshlayer.bases.decompression import Detected
from freshlayer.bases.limits import MOST_KEPT, MOST_TEXT, MOST_UNPACKED, ImageError, exceeded
from freshlayer.bases.paths import Wanted, is_database, is_on_disk, largest
from freshlayer.bases.tar import Entry, Kind, Take, TarReader
from freshlayer.bases.tree import OPAQUE, WHITEOUT, Change
from freshlayer.model.reasons import Reason

_MIB = 1024 * 1024
_HEXADECIMAL = {"sha256": 64, "sha384": 96, "sha512": 128}


class Budget(Struct):
    """What was read of an image so far, and where its large files go."""

    directory: Path
    unpacked: int = 0
    entries: int = 0
    kept: int = 0
    text: int = 0
    files: int = 0

    def counted(self) -> tuple[int, int, int, int]:
        """For ``reset``."""
        return self.unpacked, self.entries, self.kept, self.text

    def reset(self, counted: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        """What came since then is dropped, and comes again."""
        self.unpacked, self.entries, self.kept, self.text = counted

    def keep(self, size: int) -> None:
        """Raises ImageError."""
        self.kept += 1
        self.text += size
        if self.kept > MOST_KEPT:
            raise exceeded(f"more than {MOST_KEPT} of its files matter")
        if self.text > MOST_TEXT:
            raise exceeded(f"what matters of its files has more than {MOST_TEXT // _MIB} MiB")

    def unpack(self, size: int) -> None:
        """Raises ImageError."""
        self.unpacked += size
        if self.unpacked > MOST_UNPACKED:
            raise exceeded(f"its layers have more than {MOST_UNPACKED // _MIB // 1024} GiB decompressed")

    def new_file(self) -> Path:
        """The name of a new temporary file."""
        self.files += 1
        return self.directory / str(self.files)


class Changes:
    """A tar → ``found``: the changes that matter, in order. ``below``: what its names are relative to."""

    def __init__(self, wanted: Wanted, budget: Budget, below: str = "") -> None:
        self._wanted = wanted
        self._budget = budget
        self._below = f"{below}/" if below else ""
        self._entries: list[tuple[Entry, bytearray | Path]] = []
        self._file: BinaryIO | None = None
        self._reader = TarReader(self._open, budget.entries)

    @property
    def found(self) -> list[Change]:
        """Once the tar has ended."""
        return [
            Change(
                entry.path, entry.kind, entry.target, content if isinstance(content, Path) else bytes(content)
            )
            for entry, content in self._entries
        ]

    def feed(self, data: bytes) -> None:
        """Raises ImageError, OSError."""
        self._budget.unpack(len(data))
        self._reader.feed(data)

    def end(self) -> None:
        """Raises ImageError where it ends too early."""
        self.close()
        self._reader.end()
        self._budget.entries = self._reader.entries

    def close(self) -> None:
        """Close the temporary file that is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, entry: Entry) -> Take | None:
        entry.path = self._below + entry.path
        if not self._wanted.concerns(_meant(entry.path)):
            return None
        wanted = entry.kind is Kind.FILE and self._wanted.keeps(entry.path)
        too_large = wanted and entry.size > largest(entry.path)
        if too_large and is_database(entry.path):
            raise exceeded(f"/{entry.path} has more than {largest(entry.path) // _MIB} MiB")
        if too_large:
            # A file without content: it is left out by its name.
            entry.kind = Kind.OTHER
        self._budget.keep(entry.size if wanted and not too_large and not is_on_disk(entry.path) else 0)
        if not wanted or too_large:
            self._entries.append((entry, bytearray()))
            return None
        return self._on_disk(entry) if is_on_disk(entry.path) else self._in_memory(entry)

    def _in_memory(self, entry: Entry) -> Take:
        content = bytearray()
        self._entries.append((entry, content))
        return content.extend

    def _on_disk(self, entry: Entry) -> Take:
        self.close()
        path = self._budget.new_file()
        self._entries.append((entry, path))
        self._file = open(path, "xb")  # noqa: SIM115 - closed by the next one, or by ``close``
        return self._write

    def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)


class LayerSink:
    """Takes a blob as it is downloaded: its digest, its size, its decompressed tar.

    ``problem``: why it can't be used. What was taken counts only after ``end``: then all of it is verified.
    """

    def __init__(self, digest: str, size: int, wanted: Wanted, budget: Budget) -> None:
        self.problem: Reason | None = None
        self._digest, self._size = digest, size
        self._wanted, self._budget = wanted, budget
        self._before = budget.counted()
        self.begin()

    def begin(self) -> None:
        """Start again: the connection was closed, and the blob is requested once more."""
        self._budget.reset(self._before)
        self._hasher = hashlib.new(self._digest.partition(":")[0])
        self._received = 0
        self._decompressor = Detected()
        self._changes = Changes(self._wanted, self._budget)

    def take(self, data: bytes) -> bool:
        """One more piece; whether more is wanted."""
        self._received += len(data)
        self._hasher.update(data)
        try:
            if self._received > self._size:
                raise exceeded("a layer is larger than its manifest states")
            self._decompressor.feed(data, self._changes.feed)
        except ImageError as error:
            self.problem = error.reason
        except OSError as error:
            self.problem = Reason("base-not-read", detail=f"a temporary file: {error.strerror}")
        return self.problem is None

    def end(self) -> list[Change]:
        """The changes of the layer. Raises ImageError where it is not the one that was requested."""
        try:
            if self.problem is not None:
                raise ImageError(self.problem.code, self.problem.detail)
            if self._hasher.hexdigest() != self._digest.partition(":")[2]:
                raise ImageError("base-digest-mismatch", "a layer does not have its digest")
            self._decompressor.end()
            self._changes.end()
        finally:
            self._changes.close()
        return self._changes.found


def is_digest(text: object) -> bool:
    """Whether a digest is of an algorithm that can be verified."""
    algorithm, _, value = text.partition(":") if isinstance(text, str) else ("", "", "")
    return len(value) == _HEXADECIMAL.get(algorithm) and all(it in "0123456789abcdef" for it in value)


def has_digest(content: bytes, digest: str) -> bool:
    """Whether bytes have a digest."""
    algorithm, _, value = digest.partition(":")
    return hashlib.new(algorithm, content).hexdigest() == value


def _meant(path: str) -> str:
    """What a whiteout removes; of an opaque directory the directory; else the path itself."""
    above, _, name = path.rpartition("/")
    if not name.startswith(WHITEOUT):
        return path
    if name == OPAQUE:
        return above
    hidden = name.removeprefix(WHITEOUT)
    return f"{above}/{hidden}" if above else hidden
