"""Index files of package repositories: requested at most once in a run, parsed once for all runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from freshlayer.indexes import IndexCache, KnownManifest
from freshlayer.masking import public_text
from freshlayer.model.evidence import Validators
from freshlayer.model.packages import Index, IndexAnswer, IndexAnswers, IndexFile
from freshlayer.model.reasons import Reason, about
from freshlayer.packages import MANAGERS
from freshlayer.packages.base import DATED
from freshlayer.packages.dates import seconds_of
from freshlayer.probe.index_files import FileAnswer, FileWanted, fetch
from freshlayer.reference import shown
from freshlayer.workflows.session import Session

_DAY = 86400
_TIMES_DEADLINE = 5
_OFFLINE = Reason("offline", detail="not probed (--offline)")


class IndexFiles:
    """The index files of one look: each has one answer. ``directory``: of those that are kept."""

    def __init__(self, session: Session, directory: Path) -> None:
        self._session = session
        self._cache = IndexCache(directory)
        self._answers: dict[IndexFile, IndexAnswer] = {}
        self._manifests: dict[str, KnownManifest | None] = {}
        self._opened: dict[tuple[IndexFile, str], Index | None] = {}

    @property
    def now(self) -> int:
        """When the look is, in seconds since 1970."""
        return self._session.now

    def answers(self, wanted: Mapping[IndexFile, int]) -> IndexAnswers:
        """An answer for each file. ``wanted``: file → seconds for which an earlier answer is valid."""
        missing = [file for file in wanted if file not in self._answers]
        requested: list[FileWanted] = []
        for file in missing:
            held = self._held(file, wanted[file])
            if held is None:
                requested.append(FileWanted(file, dict(self._validators(file))))
            else:
                self._answers[file] = held
        for answer in self._fetched(requested):
            self._answers[answer.file] = self._answer(answer, wanted[answer.file])
        return {file: self._answers[file] for file in wanted}

    def _fetched(self, requested: list[FileWanted]) -> Iterator[FileAnswer]:
        """Indexes have more time than manifests: they are large, and requested once."""
        if not requested:
            return iter(())
        limits = self._session.limits
        if any(item.file.sha256 for item in requested):
            limits = replace(limits, deadline=_TIMES_DEADLINE * limits.deadline)
        return fetch(requested, limits, self._session.keyring)

    def _held(self, file: IndexFile, ttl: int) -> IndexAnswer | None:
        """What needs no request; None where one is to be sent."""
        offline = self._session.policy.offline
        if file.sha256:
            return self._cache.index(file) or (_unprobed(file) if offline else None)
        for url in file.urls:
            known = self._manifest(url)
            age = self._session.now - known.checked if known else -1
            if known and (offline or 0 <= age < ttl):
                found = self._index(file, known.sha256)
                if found is not None:
                    return found
        return _unprobed(file) if offline else None

    def _validators(self, file: IndexFile) -> Iterator[tuple[str, Validators]]:
        """A condition is sent only where the answer 304 is enough."""
        for url in () if file.sha256 else file.urls:
            known = self._manifest(url)
            if known and self._index(file, known.sha256):
                yield url, Validators(known.entity_tag, known.last_modified)

    def _manifest(self, url: str) -> KnownManifest | None:
        """What is known of a URL; read once."""
        if url not in self._manifests:
            self._manifests[url] = self._cache.manifest(url)
        return self._manifests[url]

    def _index(self, file: IndexFile, sha256: str) -> Index | None:
        """A known index; opened once."""
        key = file, sha256
        if self._opened.get(key) is None:
            self._opened[key] = self._cache.index(file, sha256)
        return self._opened[key]

    def _answer(self, answer: FileAnswer, ttl: int) -> IndexAnswer:
        if answer.problem is not None:
            return answer.problem
        if answer.content is None:
            return self._unchanged(answer, ttl)
        with answer.content as content:
            try:
                index = self._kept(answer, content)
            except ValueError as error:
                return Reason("index-unreadable", _name(answer.file), shown(str(error), 200))
            except OSError as error:
                return Reason("index-not-kept", _name(answer.file), error.strerror or "")
        return index if answer.file.sha256 else self._as_dated(answer, index)

    def _kept(self, answer: FileAnswer, content: BinaryIO) -> Index:
        file = answer.file
        known = self._cache.index(file, answer.sha256)
        return known or self._cache.keep(file, content, answer.sha256, MANAGERS[file.manager]().entries)

    def _unchanged(self, answer: FileAnswer, ttl: int) -> IndexAnswer:
        """The origin stated that what is known is current; when it did is noted where that counts later."""
        known = self._manifest(answer.url)
        index = self._index(answer.file, known.sha256) if known else None
        if known is None or index is None:
            return Reason("index-unreadable", _name(answer.file), "it was removed from the cache meanwhile")
        if ttl:
            self._cache.keep_manifest(answer.url, replace(known, checked=self._session.now))
        return self._newer(answer.file, known.dated) or index

    def _as_dated(self, answer: FileAnswer, index: Index) -> Index:
        """The manifest; where it is older than a known one, that one: a mirror lags behind."""
        dated = _dated(index)
        newer = self._newer(answer.file, dated)
        if newer is None:
            tags, now = answer.validators, self._session.now
            found = KnownManifest(answer.sha256, tags.entity_tag, tags.last_modified, dated, now)
            self._cache.keep_manifest(answer.url, found)
        return newer or index

    def _newer(self, file: IndexFile, dated: int) -> Index | None:
        """The newest manifest that any URL of the file gave, if it is newer than this date."""
        all_known = (self._manifest(url) for url in file.urls)
        newer = [it for it in all_known if it and 0 < dated < it.dated < self._session.now + _DAY]
        for known in sorted(newer, key=lambda it: -it.dated):
            found = self._index(file, known.sha256)
            if found is not None:
                return found
        return None


def _dated(index: Index) -> int:
    """When the repository made a manifest; 0 where it does not state that."""
    stated = (index.get(DATED) or b"").decode("ascii", "replace")
    if stated.isascii() and stated.isdecimal():
        return int(stated[:12])
    return seconds_of(index.get("Date"))


def _unprobed(file: IndexFile) -> Reason:
    return about(_name(file), _OFFLINE)


def _name(file: IndexFile) -> str:
    """A URL without what it may hold of a credential."""
    return public_text(file.urls[0]) if file.urls else file.kind
