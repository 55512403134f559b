"""A tar as a stream, entry by entry: ustar, GNU's long names, PAX. Names are cleaned; nothing is unpacked.

Of an entry's content only what is wanted is kept; the rest passes by.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from freshlayer.bases.limits import LARGEST_PAX, LONGEST_PATH, MOST_ENTRIES, exceeded, invalid

_BLOCK = 512
_ENCODED = 0x80
_EMPTY = bytes(_BLOCK)


class Kind(Enum):
    """What an entry is. Devices, pipes and whatever else there may be are ``OTHER``."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "symbolic link"
    HARD_LINK = "hard link"
    OTHER = "other"


_KINDS = {
    b"\0": Kind.FILE,
    b"0": Kind.FILE,
    b"7": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.LINK,
    b"5": Kind.DIRECTORY,
}


class Entry(Struct):
    """``path``: cleaned, without a slash at its ends; ``target``: of a link, as written."""

    path: str
    kind: Kind
    size: int
    target: str = ""


Take = Callable[[bytes], None]
Open = Callable[[Entry], Take | None]
"""Who takes the pieces of an entry's content; None where they are not wanted."""


def cleaned(path: str) -> str:
    """A path without ``.``, ``..`` and empty parts; empty where it is the root or leads out of it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


class TarReader:
    """Feed it a tar in any pieces. ``entries``: how many it has seen."""

    def __init__(self, open_: Open, entries: int = 0) -> None:
        self.entries = entries
        self._open = open_
        self._header = bytearray()
        self._left = 0
        """Bytes of content to come; with the padding behind it in ``_padding``."""
        self._padding = 0
        self._take: Take | None = None
        self._extended: bytearray | None = None
        self._extended_type = b""
        self._pax: dict[str, str] = {}
        self._long_name = self._long_target = ""
        self._sparse: int | None = None
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Raises ImageError."""
        at, end = 0, len(data)
        while at < end and not self._ended:
            if self._left or self._padding:
                at = self._content(data, at)
            elif not self._header and end - at >= _BLOCK:
                self._block(data[at : at + _BLOCK])
                at += _BLOCK
            else:
                more = data[at : at + _BLOCK - len(self._header)]
                self._header += more
                at += len(more)
                if len(self._header) == _BLOCK:
                    block = bytes(self._header)
                    self._header.clear()
                    self._block(block)

    def end(self) -> None:
        """Raises ImageError where it is cut off within an entry. Without its last blocks it is accepted."""
        if self._left or self._header:
            raise invalid("its tar ends too early")

    def _content(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        if taken and self._take is not None:
            self._take(data[at : at + taken])
        self._left -= taken
        at += taken
        if not self._left:
            if self._take is not None:
                self._finish()
            skipped = min(self._padding, len(data) - at)
            self._padding -= skipped
            at += skipped
        return at

    def _finish(self) -> None:
        self._take = None
        if self._extended is not None:
            content, self._extended = bytes(self._extended), None
            self._extend(content)

    def _block(self, block: bytes) -> None:
        if self._sparse is not None:
            self._continue_sparse(block[504])
            return
        if block == _EMPTY:
            self._ended = True
            return
        _check(block)
        kind, size = block[156:157], _number(block[124:136])
        if size < 0:
            raise invalid("an entry of its tar has a negative size")
        if kind in b"xgLK":
            self._begin_extended(kind, size)
            return
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise exceeded(f"its layers have more than {MOST_ENTRIES} entries")
        self._entry(block, kind, size)

    def _continue_sparse(self, more: int) -> None:
        """A map of GNU's old format, in blocks that its size does not count."""
        if not more and self._sparse is not None:
            self._set_content(self._sparse, None)
            self._sparse = None

    def _begin_extended(self, kind: bytes, size: int) -> None:
        if size > LARGEST_PAX:
            raise exceeded(f"the header of an entry has more than {LARGEST_PAX // 1024} KiB")
        self._extended_type, self._extended = kind, bytearray()
        self._set_content(size, self._extended.extend)

    def _set_content(self, size: int, take: Take | None) -> None:
        self._left, self._take = size, take
        self._padding = -size % _BLOCK
        if not size and take is not None:
            take(b"")
            self._finish()

    def _extend(self, content: bytes) -> None:
        if self._extended_type == b"x":
            self._pax = _records(content)
        elif self._extended_type == b"L":
            self._long_name = _text(content.split(b"\0", 1)[0])
        elif self._extended_type == b"K":
            self._long_target = _text(content.split(b"\0", 1)[0])

    def _entry(self, block: bytes, kind: bytes, size: int) -> None:
        pax, name, target = self._pax, self._long_name, self._long_target
        if pax or name or target:
            self._pax, self._long_name, self._long_target = {}, "", ""
            size = _size(pax, size)
        name = pax.get("path") or name or _name(block)
        if len(name) > LONGEST_PATH:
            raise exceeded(f"a path has more than {LONGEST_PATH} characters")
        found = _KINDS.get(kind, Kind.OTHER)
        if found is Kind.FILE and (kind == b"\0" and name.endswith("/")):
            found = Kind.DIRECTORY
        if kind == b"S" and block[482]:
            self._sparse = size
            return
        # Of these only the header is there, whatever size is written in it.
        size = 0 if kind in b"123456" or found is Kind.DIRECTORY else size
        if any(record.startswith("GNU.sparse.") for record in pax):
            found = Kind.OTHER
        path = cleaned(name)
        entry = Entry(path, found, size)
        if found in {Kind.LINK, Kind.HARD_LINK}:
            entry.target = (pax.get("linkpath") or target or _text(_terminated(block[157:257])))[
                :LONGEST_PATH
            ]
        self._set_content(size, self._open(entry) if path else None)


def _check(block: bytes) -> None:
    """The sum of the header's bytes, its own field as blanks."""
    written = _terminated(block[148:156]).strip()
    try:
        given = int(written, 8)
    except ValueError:
        raise invalid("it is not a tar") from None
    if given != sum(block) - sum(block[148:156]) + 256:
        raise invalid("a header of its tar is damaged")


def _terminated(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _number(field: bytes) -> int:
    """Octal digits, or GNU's base-256."""
    if field[0] & _ENCODED:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big") if field[0] == _ENCODED else -1
    written = _terminated(field).strip()
    try:
        return int(written, 8) if written else 0
    except ValueError:
        raise invalid("an entry of its tar has a size that is not a number") from None


def _name(block: bytes) -> str:
    name = _text(_terminated(block[:100]))
    # GNU's old format has other fields where ustar has the prefix.
    prefix = _text(_terminated(block[345:500])) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _size(pax: dict[str, str], size: int) -> int:
    given = pax.get("size", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else size


_RECORDS = frozenset({b"path", b"linkpath", b"size", b"GNU.sparse.major", b"GNU.sparse.map"})


def _records(content: bytes) -> dict[str, str]:
    """A length, a blank, ``NAME=VALUE`` and a line feed; the length counts itself (POSIX, pax)."""
    found: dict[str, str] = {}
    at = 0
    while at < len(content):
        blank = content.find(b" ", at, at + 20)
        digits = content[at:blank] if blank > at else b""
        if not digits.isdigit() or int(digits) <= blank - at + 1:
            raise invalid("an extended header of its tar is damaged")
        name, _, value = content[blank + 1 : at + int(digits) - 1].partition(b"=")
        if name in _RECORDS:
            found[name.decode("ascii")] = _text(value)
        at += int(digits)
    return found
