"""What channels state of their builds: repodata, and its shards (CEP 16)."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from typing import BinaryIO

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import Entries

_NAME = compiled(r"[a-z0-9_][a-z0-9._-]{0,127}")
_SHA256 = compiled(r"[0-9a-f]{64}")
_SECTIONS = frozenset({"packages", "packages.conda"})
_CHUNK = 1 << 20
_LARGEST_RECORD = 4 << 20
_MOST_DEPENDENCIES = 1000
_MOST_BYTES = 2 << 30

BASE = "base"
"""Key of an index of shards: where the shards are, as it states that."""
SHARD = "shard:"
"""Before the name of a package: the SHA-256 of its shard."""
RECORDS = "records:"
"""Before the name of a package: its builds."""


class Record(Struct, frozen=True, array_like=True):
    """One build. ``digest``: ``scheme:hexadecimal``. ``constrains``: counts where the package is installed.

    ``tracked``: whether it has ``track_features``, which puts it behind all that have none.
    """

    name: str
    version: str
    build: str
    number: int = 0
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    digest: str = ""
    time: int = 0
    tracked: bool = False
    subdir: str = ""


class _Shards(Struct):
    info: object = None
    shards: dict[str, bytes] = {}


def read_shards(content: BinaryIO) -> Entries:
    """An index of shards. Raises ValueError."""
    try:
        found = msgspec.msgpack.decode(content.read(_MOST_BYTES), type=_Shards)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"it is no index of shards: {error}") from None
    info = found.info if isinstance(found.info, dict) else {}
    base = info.get("shards_base_url") or ""
    yield BASE, str(base).encode()
    for name, digest in found.shards.items():
        if _NAME.fullmatch(name) and len(digest) == 32:
            yield f"{SHARD}{name}", digest.hex().encode()


def read_shard(content: BinaryIO) -> Entries:
    """The builds of one package. Raises ValueError."""
    try:
        found = msgspec.msgpack.decode(content.read(_MOST_BYTES))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"it is no shard: {error}") from None
    sections = found if isinstance(found, dict) else {}
    if not sections.keys() & _SECTIONS:
        raise ValueError("it is no shard")
    stated = sections.get("removed")
    removed = {str(it) for it in stated} if isinstance(stated, list) else set()
    builds: dict[str, list[Record]] = defaultdict(list)
    for section in sorted(_SECTIONS):
        members = sections.get(section)
        for file, item in members.items() if isinstance(members, dict) else ():
            record = record_of(item) if file not in removed else None
            if record:
                builds[record.name].append(record)
    for name, records in builds.items():
        yield f"{RECORDS}{name}", msgspec.msgpack.encode(records)


def read_repodata(content: BinaryIO, scratch: BinaryIO) -> Entries:
    """``repodata.json``, which may be large: one record at a time is held. Raises ValueError."""
    places: dict[str, array[int]] = defaultdict(lambda: array("Q"))
    size = 0
    for section, item in _members(content):
        record = record_of(item) if section in _SECTIONS else None
        if record is None:
            continue
        packed = msgspec.msgpack.encode(record)
        scratch.write(packed)
        places[record.name].extend((size, len(packed)))
        size += len(packed)
    scratch.flush()
    for name, found in places.items():
        yield f"{RECORDS}{name}", _joined(scratch, found)


def _joined(scratch: BinaryIO, places: array[int]) -> bytes:
    """The records of one package as one array of msgpack."""
    parts = [b"\xdd" + (len(places) // 2).to_bytes(4, "big")]
    for place in range(0, len(places), 2):
        scratch.seek(places[place])
        parts.append(scratch.read(places[place + 1]))
    return b"".join(parts)


def record_of(item: object) -> Record | None:
    """A build, as a channel states it; None for what is none."""
    if not isinstance(item, dict):
        return None
    name, version, build = (str(item.get(key) or "") for key in ("name", "version", "build"))
    if not _NAME.fullmatch(name) or not version or item.get("revoked"):
        return None
    return Record(
        name,
        version[:200],
        build[:200],
        _whole(item.get("build_number")),
        _texts(item.get("depends")),
        _texts(item.get("constrains")),
        _digest(item),
        _whole(item.get("timestamp")),
        bool(item.get("track_features")),
        str(item.get("subdir") or "")[:40],
    )


def _whole(value: object) -> int:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
    return value if known and isinstance(value, int) else 0


def _texts(value: object) -> tuple[str, ...]:
    found = value if isinstance(value, list | tuple) else ()
    return tuple(it[:1000] for it in found[:_MOST_DEPENDENCIES] if isinstance(it, str))


def _digest(item: Mapping[object, object]) -> str:
    """SHA-256 in hexadecimal, or in a shard as bytes; else MD5."""
    for scheme in ("sha256", "md5"):
        value = item.get(scheme)
        text = value.hex() if isinstance(value, bytes) else str(value or "")
        if re.fullmatch(r"[0-9a-f]{32,64}", text):
            return f"{scheme}:{text}"
    return ""


class _Text:
    """A text that is read in pieces, of which what is behind a place is kept."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._decoder = JSONDecoder()
        self._left = b""
        self._size = 0
        self.text = ""
        self.place = 0

    def more(self) -> bool:
        """Read on; whether there was more."""
        piece = self._content.read(_CHUNK)
        self._size += len(piece)
        if self._size > _MOST_BYTES:
            raise ValueError("the repodata is too large")
        whole = self._left + piece
        cut = len(whole) if not piece else max(whole.rfind(b"\n"), whole.rfind(b",")) + 1
        self.text = self.text[self.place :] + whole[:cut].decode("utf-8", "replace")
        self.place, self._left = 0, whole[cut:]
        if max(len(self.text), len(self._left)) > _LARGEST_RECORD + _CHUNK:
            raise ValueError("a record of the repodata is too large")
        return bool(piece) or cut > 0

    def next(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self.place < len(self.text):
                if not self.text[self.place].isspace():
                    return self.text[self.place]
                self.place += 1
            if not self.more() and self.place >= len(self.text):
                return ""

    def value(self) -> object:
        """The value that begins here. Raises ValueError."""
        while True:
            self.next()
            try:
                found, end = self._decoder.raw_decode(self.text, self.place)
            except (JSONDecodeError, RecursionError):
                if not self.more():
                    raise ValueError("it is no JSON") from None
                continue
            start = self.place
            if end < len(self.text):
                self.place = end
                return found
            if not self.more():
                self.place = end - start
                return found

    def take(self, characters: str) -> str:
        """The next character, which has to be one of these."""
        found = self.next()
        if not found or found not in characters:
            raise ValueError("it is no repodata")
        self.place += 1
        return found


def _members(content: BinaryIO) -> Iterator[tuple[str, object]]:
    """(key of the document, value) of each member of its objects; other values are passed over."""
    text = _Text(content)
    text.take("{")
    if text.next() == "}":
        return
    while True:
        section = str(text.value())
        text.take(":")
        if text.next() == "{":
            yield from ((section, item) for item in _values(text))
        else:
            text.value()
        if text.take(",}") == "}":
            return


def _values(text: _Text) -> Iterator[object]:
    text.take("{")
    if text.next() == "}":
        text.take("}")
        return
    while True:
        text.value()
        text.take(":")
        yield text.value()
        if text.take(",}") == "}":
            return
