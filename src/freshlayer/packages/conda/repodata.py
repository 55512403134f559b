"""What the channels of a command state, as far as it was requested."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import msgspec

from freshlayer.model.packages import Index, IndexAnswers, IndexFile
from freshlayer.model.reasons import Reason
from freshlayer.packages.conda.records import BASE, RECORDS, SHARD, Record
from freshlayer.packages.in_step import Steps
from freshlayer.packages.named.member import is_absent

MANAGER = "conda"
_LARGEST = 512 << 20
_LARGEST_SHARD = 32 << 20
_NOARCH = "noarch"
_LAST_SECOND = 253_402_300_799
"""Of the year 9999. A larger time is in milliseconds."""
_FORMS = (
    ("shards", "repodata_shards.msgpack.zst", "zst"),
    ("repodata", "repodata.json.zst", "zst"),
    ("repodata", "repodata.json", ""),
)
"""Kind, name and compression of the documents of a subdirectory; the first that is there counts."""


class UnansweredError(Exception):
    """A shard is needed that was not requested yet."""


class Repodata:
    """Of channels, in their order. ``missing``: the shards that are needed, and were not requested yet.

    ``until``: as in ``PackageChain``; builds without a time do not count then.
    """

    def __init__(self, urls: tuple[str, ...], platform: str, until: int = 0) -> None:
        self._until = until
        self._places = [(place, url, it) for place, url in enumerate(urls) for it in (platform, _NOARCH)]
        self._indexes: dict[tuple[int, str], tuple[str, Index]] = {}
        self._answers: dict[IndexFile, Index | Reason] = {}
        self._known: dict[str, list[tuple[int, Record]]] = {}
        self.missing: dict[IndexFile, None] = {}
        self.requested = 0

    def indexes(self) -> Steps[Reason | None]:
        """Request an index of each subdirectory; why one of a channel can't be had, if so."""
        waiting = self._places
        for kind, name, compression in _FORMS:
            files = {
                where: IndexFile(
                    MANAGER,
                    kind,
                    (f"{where[1]}/{where[2]}/{name}",),
                    compression=compression,
                    optional=True,
                    largest=_LARGEST,
                )
                for where in waiting
            }
            answers: IndexAnswers = (yield tuple(files.values())) if files else {}
            for (place, _, it), file in files.items():
                answer = answers.get(file, Reason("no-answer"))
                if not isinstance(answer, Reason):
                    if not _has_address(file.urls[0], answer):
                        return Reason(
                            "index-unreadable", detail=f"{file.urls[0]} has no address of its shards"
                        )
                    self._indexes[place, it] = (file.urls[0], answer)
                elif not is_absent(answer):
                    return answer
            waiting = [it for it in waiting if (it[0], it[2]) not in self._indexes]
        there = {place for place, _ in self._indexes}
        lost = next((url for place, url, _ in self._places if place not in there), None)
        return Reason("package-source-unknown", detail=f"{lost} has no repodata") if lost else None

    def take(self, answers: IndexAnswers) -> Reason | None:
        """The answers to what was missing; why one of them can't be had."""
        self.requested += len(self.missing)
        self.missing.clear()
        self._answers.update(answers)
        return next((it for it in answers.values() if isinstance(it, Reason)), None)

    def of(self, name: str) -> list[tuple[int, Record]]:
        """(place of its channel, build). Raises UnansweredError."""
        if name not in self._known:
            pairs = [(place, it, self._index_of(place, it, name)) for place, _, it in self._places]
            if any(file in self.missing for _, _, file in pairs if isinstance(file, IndexFile)):
                raise UnansweredError(name)
            self._known[name] = [
                (place, msgspec.structs.replace(record, subdir=it) if not record.subdir else record)
                for place, it, index in pairs
                if index is not None and not isinstance(index, IndexFile)
                for record in _records(index, name)
                if not self._until or 0 < _milliseconds(record.time) <= self._until
            ]
        return self._known[name]

    def _index_of(self, place: int, platform: str, name: str) -> Index | IndexFile | None:
        """What has the builds of a package; the file to request where that is not known yet."""
        found = self._indexes.get((place, platform))
        if found is None:
            return None
        url, index = found
        base = index.get(BASE)
        if base is None:
            return index
        digest = index.get(f"{SHARD}{name}")
        if digest is None:
            return None
        file = _shard(url, base, digest.decode())
        answer = self._answers.get(file)
        if answer is None:
            self.missing[file] = None
            return file
        return None if isinstance(answer, Reason) else answer


def _milliseconds(time: int) -> int:
    """Channels state milliseconds; old builds have seconds."""
    return time if time > _LAST_SECOND else time * 1000


def _has_address(url: str, index: Index) -> bool:
    """Whether what an index of shards states of their place is one."""
    try:
        _shard(url, index.get(BASE) or b"", "")
    except ValueError:
        return False
    return True


def _shard(url: str, stated: bytes, digest: str) -> IndexFile:
    """The file of a shard: its name is the hash of its bytes. Raises ValueError."""
    base = stated.decode("utf-8", "replace")
    where = urljoin(url, base if not base or base.endswith("/") else f"{base}/")
    found = urljoin(where, f"{digest}.msgpack.zst")
    foreign = urlsplit(found)[:2] != urlsplit(url)[:2]
    return IndexFile(MANAGER, "shard", (found,), digest, "zst", largest=_LARGEST_SHARD, foreign=foreign)


def _records(index: Index, name: str) -> list[Record]:
    value = index.get(f"{RECORDS}{name}")
    return msgspec.msgpack.decode(value, type=list[Record]) if value else []
