"""Entity tags (RFC 9110 §8.8.3): their strength, and those that encode a modification time."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.evidence.hop import printable
from freshlayer.lazy_regex import IGNORECASE, compiled
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.reasons import Reason

_LONGEST = 512
# etagc of RFC 9110, and the blanks and quotes that real origins put between the quotes; no control character.
_TAG = compiled(r'([Ww]/)?(?:"([^\x00-\x1f\x7f]*)"|([^\x00-\x20\x7f"]+))')
_SUFFIX = compiled(r"(?:--?|;)(?:gzip|br|zstd|deflate)$")
# LiteSpeed writes three semicolons at the end, or the coding between them; Werkzeug marks its tags.
_DECORATION = compiled(r"^wzsdm-|;(?:gz|br)?;?;?$")
_BASES = {
    16: compiled(r"[0-9a-f]{1,16}"),
    36: compiled(r"[0-9a-z]{1,13}"),
    10: compiled(r"[0-9]{1,20}(?:\.[0-9]{1,9})?"),
}
_SEPARATOR = compiled("[-:=]")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_UNITS = {"mtime-s": 1, "mtime-ms": 10**3, "mtime-us": 10**6, "mtime-ns": 10**9}
_MOST_FIELDS = 4
# Tags made from an mtime that can't be recomputed: lighttpd and Phoenix send a 32-bit hash, Starlette an
# MD5, IIS and Kestrel a scrambled Windows file time.
_MIXED = compiled(
    r"-?[0-9]{5,}|[0-9A-F]{5,8}|[0-9a-f]{5,8}|[0-9a-f]{32}|[0-9a-f]{13,16}:[0-9a-f]+|1[c-e][0-9a-f]{13}"
)
# Caddy's base36(s)base36(size): six digits until 2038, and those of a size.
_COMPACT = range(7, 16)
_FILE_TIMES = range(10**9, 2**31)
# The mtime that reproducible builds set: 1980 (zip), and the first second (Nix).
_FIXED_TIMES = range(315_532_800, 315_705_600)
_FIRST_TIMES = {0, 1}
# What programs send in place of a missing tag. ``*`` would match any file.
_PLACEHOLDERS = {"", "*", "-", "null", "(null)", "undefined", "none", "nil", "nan", "false", "true", "etag"}
# MD5, SHA-1, SHA-256 of no bytes, and the core of Express's tag of them.
_OF_NOTHING = compiled(
    r"d41d8cd98f00b204e9800998ecf8427e|1B2M2Y8AsgTpgAmY7PhCfg(?:==)?|0-2jmj7l5rSw0yVb/vlWAYkK/YBwk=?"
    r"|da39a3ee5e6b4b0d3255bfef95601890afd80709|2jmj7l5rSw0yVb/vlWAYkK/YBwk="
    r"|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    r"|cf83e1357eefb8bd[0-9a-f]{112}|47DEQpj8HBSa\+/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=",
    IGNORECASE,
)

MTIMES = frozenset(_UNITS)
"""The schemes of tags that are modification times."""


def well_formed(tag: str) -> bool:
    """Whether a tag can be shown, stored and sent back."""
    return len(tag) <= _LONGEST and tag.isprintable() and bool(_TAG.fullmatch(tag))


def evidence(
    tag: str, modified: int | None, length: int | None, hop: int, *, weakened: bool = False
) -> Iterator[Evidence]:
    """The evidence in a tag: an mtime where that can be recomputed, else an opaque tag, strong or weak.

    ``modified`` is Last-Modified in seconds, ``length`` the full length in bytes, both of the same response.
    ``weakened``: the tag is known to be of a compressed form, or of a revision.
    """
    if not tag:
        return
    match = _TAG.fullmatch(tag) if well_formed(tag) else None
    if match is None:
        yield Evidence("etag", printable(tag), Strength.NONE, hop, Reason("tag-malformed"))
        return
    core = match[2] if match[2] is not None else match[3]
    plain = _plain(core)
    why = _unusable(plain, core, length)
    if why is not None:
        yield Evidence("etag", printable(core), Strength.NONE, hop, why)
        return
    mtime = _mtime(plain, modified, length)
    if mtime is not None:
        yield Evidence(mtime[0], mtime[1], Strength.WEAK, hop)
        return
    weak = bool(match[1]) or _SUFFIX.search(core) is not None or weakened
    yield Evidence("etag", plain, Strength.WEAK if weak else Strength.STRONG, hop)


def _plain(core: str) -> str:
    return _DECORATION.sub("", _SUFFIX.sub("", core))


def _unusable(plain: str, core: str, length: int | None) -> Reason | None:
    """Why a tag proves nothing about any bytes; None where it may."""
    if plain.strip().lower() in _PLACEHOLDERS:
        return Reason("tag-placeholder")
    if '",' in core:
        return Reason("tag-ambiguous", detail="several entity tags in one line")
    if length and _OF_NOTHING.fullmatch(plain):
        return Reason("of-empty-file")
    return None


def core_of(tag: str) -> str:
    """The opaque part without marks of weakness and compression; empty where the tag is malformed."""
    match = _TAG.fullmatch(tag) if well_formed(tag) else None
    core = "" if match is None else match[2] if match[2] is not None else match[3]
    return _plain(core)


def is_of_nothing(digest: str) -> bool:
    """Whether a digest is that of an empty file."""
    return bool(_OF_NOTHING.fullmatch(digest))


def proves(tag: str) -> bool:
    """Whether an equal strong tag (its opaque part) proves equal bytes.

    Not where it looks like an mtime that can't be recomputed: a date or a length is missing, a proxy rewrote
    one of them, or the server scrambled them.
    """
    compact = len(tag) in _COMPACT and _is_file_time(_number(tag[:6], 36), 1)
    return not (compact or _MIXED.fullmatch(tag) or any(map(_holds_file_time, _readings(tag))))


def _holds_file_time(fields: tuple[int, ...]) -> bool:
    if len(fields) < 2:
        return False
    fixed = any(field in _FIRST_TIMES or field in _FIXED_TIMES for field in fields)
    return fixed or any(_is_file_time(f, unit) for f in fields for unit in _UNITS.values())


def _is_file_time(number: int | None, unit: int) -> bool:
    return number is not None and number // unit in _FILE_TIMES


def _mtime(core: str, modified: int | None, length: int | None) -> tuple[str, str] | None:
    """The mtime that a server encoded in its tag, without the inode, so that replicas agree.

    Compared with Last-Modified and the length of the same answer, for every server: nginx and h2o
    ``hex(s)-hex(size)``; Apache ``[hex(inode)-]hex(size)-hex(µs)``; aiohttp ``hex(ns)-hex(size)``; Node's
    send ``hex(size)-hex(ms)``; Tomcat ``size-ms``; Flask ``seconds.fraction-size-adler32(name)``; Caddy
    ``base36(s)base36(size)`` and ``base36(ns)-base36(size)``.
    """
    if modified is None or length is None:
        return None
    if core == _base36(modified) + _base36(length):
        return "mtime-s", f"{modified}/{length}"
    found = (_dated(fields, modified, length) for fields in _readings(core))
    return next((mtime for mtime in found if mtime), None)


def _dated(fields: tuple[int, ...], modified: int, length: int) -> tuple[str, str] | None:
    """The finest unit in which one field is the date, where another one is the length."""
    moments = [field for field in fields if field != length]
    if len(moments) == len(fields):
        return None
    for scheme, unit in reversed(_UNITS.items()):
        for moment in moments:
            if moment // unit == modified:
                return scheme, f"{moment}/{length}"
    return None


def _readings(core: str) -> Iterator[tuple[int, ...]]:
    """The numbers that its fields may be, for each base in which all of them are numbers; of one field none.

    A tag that encodes an mtime has a length beside it.
    """
    fields = _SEPARATOR.split(core, maxsplit=_MOST_FIELDS)
    if len(fields) == 1:
        return
    for base in _BASES:
        numbers = [_number(field, base) for field in fields]
        known = tuple(number for number in numbers if number is not None)
        if len(known) == len(fields) <= _MOST_FIELDS:
            yield known


def _number(digits: str, base: int) -> int | None:
    """A whole number; one with a fraction (seconds, as Python writes them) in millionths."""
    if not _BASES[base].fullmatch(digits):
        return None
    whole, point, fraction = digits.partition(".")
    return int(whole + fraction[:6].ljust(6, "0")) if point else int(digits, base)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"
