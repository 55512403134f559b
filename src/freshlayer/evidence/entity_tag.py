"""Entity tags (RFC 9110 §8.8.3): their strength, and the ones that are a modification time in disguise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.model import Evidence, Strength

_LONGEST = 512
# etagc of RFC 9110, and the blanks and quotes that real origins put between the quotes; no control character.
_TAG = re.compile(r'([Ww]/)?(?:"([^\x00-\x1f\x7f]*)"|([^\x00-\x20\x7f"]+))')
_SUFFIX = re.compile(r"(?:--gzip|-gzip|;gzip|;br|-br)$")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def well_formed(tag: str) -> bool:
    """Whether a tag can be shown, stored and sent back."""
    return len(tag) <= _LONGEST and tag.isprintable() and bool(_TAG.fullmatch(tag))


def evidence(
    tag: str, modified: int | None, length: int | None, hop: int, *, weakened: bool = False
) -> Iterator[Evidence]:
    """What a tag says: an mtime where arithmetic proves that it is one, else an opaque tag, strong or weak.

    ``modified`` is Last-Modified in seconds, ``length`` the full length in octets, both of the same response.
    ``weakened``: the tag is known to be of a compressed form, or of a revision.
    """
    if not tag:
        return
    match = _TAG.fullmatch(tag) if well_formed(tag) else None
    if match is None:
        yield Evidence("etag", _printable(tag), Strength.NONE, hop, "the entity tag is malformed or too long")
        return
    core = match[2] if match[2] is not None else match[3]
    plain = _SUFFIX.sub("", core)
    mtime = _mtime(plain, modified, length)
    if mtime is not None:
        yield Evidence(mtime[0], mtime[1], Strength.WEAK, hop)
        return
    weak = bool(match[1]) or plain != core or weakened
    yield Evidence("etag", plain, Strength.WEAK if weak else Strength.STRONG, hop)


def _mtime(core: str, modified: int | None, length: int | None) -> tuple[str, str] | None:
    """The mtime that a server wrote into its tag, without the inode, so that replicas agree.

    Tried against Last-Modified and the length of the same answer, whoever sent it: nginx and h2o
    ``hex(s)-hex(size)``; Apache ``[hex(inode)-]hex(size)-hex(µs)``; Caddy ``base36(s)base36(size)`` and
    ``base36(ns)-base36(size)``.
    """
    if modified is None or length is None:
        return None
    if core == f"{modified:x}-{length:x}" or core == _base36(modified) + _base36(length):
        return "mtime-s", f"{modified}/{length}"
    apache = re.fullmatch(rf"(?:[0-9a-f]+-)?{length:x}-([0-9a-f]{{1,16}})", core)
    if apache and int(apache[1], 16) // 1_000_000 == modified:
        return "mtime-us", f"{int(apache[1], 16)}/{length}"
    caddy = re.fullmatch(rf"([0-9a-z]{{1,13}})-{_base36(length)}", core)
    if caddy and int(caddy[1], 36) // 1_000_000_000 == modified:
        return "mtime-ns", f"{int(caddy[1], 36)}/{length}"
    return None


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"


def _printable(tag: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in tag[:64])
