"""Analyses by what they were made from, in ``$XDG_CACHE_HOME/freshlayer/analyses``.

A file holds which files of the build context the analysis read, then the analysis; both are sealed with keys
made from what the analysis was made from, the answers of the context included (``seal``). So a file is read
again only for the same Dockerfile, options, code and context, and is of no use without them.

A file is written under a temporary name, then renamed; one that is damaged, of another user, or too large
counts as missing. The modification time is that of the last use: what was not used for the longest time is
removed first.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from freshlayer.analyses.form import read, written
from freshlayer.analyses.key import derived
from freshlayer.analyses.seal import NONCE, opened, sealed
from freshlayer.digests import blake2b
from freshlayer.discover.analysis import Analysis
from freshlayer.errors import FreshlayerError

if TYPE_CHECKING:
    from freshlayer.model.context_files import ContextAnswer, ReadContext, Wanted

_LARGEST = 64 * 1024 * 1024
_MOST_FILES = 1_000
_MOST_BYTES = 200_000_000
_LOOKS = 32
"""How often the directory is looked through while it fills up, on average."""
_USED_AGAIN = 3600
"""Seconds after which a use is noted again."""
_LENGTH = 4
_NO_QUESTIONS = msgspec.msgpack.encode([])
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class AnalysisCache:
    """The cache of a user. Many processes may use it at once. Nothing of it raises."""

    def __init__(self, directory: Path, most_files: int = _MOST_FILES, most_bytes: int = _MOST_BYTES) -> None:
        self._directory = os.fspath(directory)
        self._most_files, self._most_bytes = most_files, most_bytes

    def find(self, key: bytes, read_context: ReadContext) -> Analysis | None:
        """The analysis that was made from this, where the context still has the same answers."""
        path = self._path(key)
        try:
            found = read(_opened(path, key, read_context))
        except (OSError, ValueError, LookupError, msgspec.MsgspecError, FreshlayerError):
            return None
        _note_use(path)
        return found

    def keep(self, key: bytes, answers: Sequence[tuple[Wanted, ContextAnswer]], analysis: Analysis) -> None:
        """Write an analysis. ``answers``: of the context, in the order in which they were wanted."""
        nonce = os.urandom(NONCE)
        try:
            digest = _digest([answer for _, answer in answers])
            questions = msgspec.msgpack.encode([wanted for wanted, _ in answers])
            parts = (
                sealed(_of_questions(key, nonce), questions),
                sealed(_of_analysis(key, nonce, digest), written(analysis)),
            )
        except ValueError:
            return
        content = (nonce, len(parts[0]).to_bytes(_LENGTH, "big"), *parts)
        size = sum(map(len, content))
        if size <= _LARGEST:
            with contextlib.suppress(OSError):
                self._write(self._path(key), content)
                if self._may_be_full(size):
                    self._prune()

    def _path(self, key: bytes) -> str:
        return os.path.join(self._directory, derived(key, b"name").hex())

    def _may_be_full(self, size: int) -> bool:
        """So often that a few too many are there at most: to look costs more than a small file."""
        share = max(_LOOKS / self._most_files, _LOOKS * size / self._most_bytes)
        return os.urandom(1)[0] < 256 * share

    def _write(self, path: str, content: Iterable[bytes]) -> None:
        """Raises OSError. What another user made here is left alone."""
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        if os.stat(self._directory).st_uid != os.geteuid():
            return
        temporary = os.path.join(self._directory, f".{os.urandom(NONCE).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.writelines(content)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise

    def _prune(self) -> None:
        """Remove what was used longest ago, until there are few enough files and bytes. Raises OSError."""
        with os.scandir(self._directory) as entries:
            found = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
        files = sorted(((it.st_mtime, it.st_size, path) for it, path in found), reverse=True)
        total = 0
        for number, (_, size, path) in enumerate(files, 1):
            total += size
            if number > self._most_files or total > self._most_bytes:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _opened(path: str, key: bytes, read_context: ReadContext) -> bytes:
    """The analysis in a file, whose sealed content is not in memory any more while that is read.

    Raises OSError, ValueError, LookupError, MsgspecError, FreshlayerError.
    """
    nonce, questions, analysis = _parts(memoryview(_content(path)))
    wanted = _wanted(opened(_of_questions(key, nonce), questions))
    answers = read_context(wanted) if wanted else {}
    digest = _digest([answers[it] for it in wanted])
    return opened(_of_analysis(key, nonce, digest), analysis)


def _wanted(questions: bytes) -> list[Wanted]:
    """Raises MsgspecError."""
    if questions == _NO_QUESTIONS:
        return []
    from freshlayer.model.context_files import Wanted  # noqa: PLC0415 - few Dockerfiles run files of theirs

    return msgspec.msgpack.decode(questions, type=list[Wanted])


def _content(path: str) -> bytes:
    """Of a file of this user's own. Raises OSError, ValueError."""
    descriptor = os.open(path, _OPEN)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_size > _LARGEST:
            raise ValueError("not a file of ours")
        return stream.read(status.st_size)


def _parts(content: memoryview) -> tuple[bytes, memoryview, memoryview]:
    """Nonce, questions, analysis."""
    start = NONCE + _LENGTH
    end = start + int.from_bytes(content[NONCE:start], "big")
    return bytes(content[:NONCE]), content[start:end], content[end:]


def _of_questions(key: bytes, nonce: bytes) -> bytes:
    return derived(key, b"questions", nonce)


def _of_analysis(key: bytes, nonce: bytes, answers: bytes) -> bytes:
    return derived(key, b"analysis", nonce, answers)


def _digest(answers: Iterable[ContextAnswer]) -> bytes:
    """Raises ValueError for a text that is not Unicode."""
    described = [(type(answer).__name__, answer) for answer in answers]
    return blake2b(msgspec.msgpack.encode(described)).digest()


def _note_use(path: str) -> None:
    with contextlib.suppress(OSError):
        if time.time() - os.stat(path).st_mtime > _USED_AGAIN:
            os.utime(path)
