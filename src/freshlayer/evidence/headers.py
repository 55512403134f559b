"""Response headers → evidence."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.evidence import entity_tag, http_date
from freshlayer.evidence.conflicts import without_conflicts
from freshlayer.evidence.hop import Hop, printable
from freshlayer.evidence.order import in_order
from freshlayer.evidence.readers import OF_THE_TARGET, ROWS, Stated, is_azure, may_be_digest
from freshlayer.evidence.warnings import warnings_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.reasons import Reason

_BYTES = {"sha512": 64, "sha256": 32, "sha1": 20, "md5": 16, "crc64nvme": 8, "crc32c": 4, "crc32": 4}
_CHECKSUMS = {"crc64nvme", "crc32c", "crc32"}
_NO_CODINGS = {"", "identity", "aws-chunked", "utf-8", "utf8", "binary", "none", "8bit"}
_PARTIAL = 206
_EMPTY = 416
_LENGTHS = {"content-length", "content-range"}
_OF_TAGS = tuple(row for row in ROWS if row[0] == "etag")
_OTHERS = frozenset(name for name, _ in ROWS) - {"etag"}
_OF_BYTES = _OTHERS | _LENGTHS
_COMPRESSED = Reason("of-compressed-form")
_REDIRECT = Reason("of-redirect")
_HEXADECIMAL = compiled(r"[0-9a-f]+")
_LIGHTTPD = compiled(r"[0-9]{5,10}")
_GITHUB = compiled(r"[0-9a-f]{64}")
_CODING = compiled(r"[a-z0-9]{1,16}")
_PART = compiled(r"bytes (?:\d+-\d+|\*)/(\d{1,18}|\*)")
_LENGTH = compiled(r"\d{1,18}")
_MEDIA_TYPE = compiled(r"[a-z0-9.+*-]{1,60}/[a-z0-9.+*-]{1,60}")


def of_hops(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """All evidence of a chain of redirects, strongest first. Of a redirect only its target's hashes count."""
    last = len(hops) - 1
    found = [
        item for number, hop in enumerate(hops) for item in _hashes(hop, number, redirects=number < last)
    ]
    metadata = _metadata(hops[-1], last) if hops else ()
    return in_order([*without_conflicts(found), *metadata, *warnings_of(hops)])


def may_state_bytes(hop: Hop) -> bool:
    """Whether a digest or a length may be found in the headers of one response: of most 304 none is."""
    return not hop.names.isdisjoint(_OF_BYTES) or may_be_digest(hop.one("etag"), hop)


def hashes_of(hop: Hop) -> list[Evidence]:
    """What one response states of digests: a part of ``of_hops``, for answers whose metadata is not read."""
    return without_conflicts(list(_hashes(hop, 0, redirects=False)))


def _hashes(hop: Hop, number: int, *, redirects: bool) -> Iterator[Evidence]:
    named = hop.names
    if named.isdisjoint(_OTHERS) and not may_be_digest(hop.one("etag"), hop):
        return
    for name, read in _OF_TAGS if named.isdisjoint(_OTHERS) else ROWS:
        if name not in named:
            continue
        why = _REDIRECT if redirects and name not in OF_THE_TARGET else None
        if name != "etag" and _coded(hop):
            why = why or _COMPRESSED
        for stated in read(hop.one(name), hop):
            yield _counted(stated, number, why or _of_empty_file(stated, hop))


def _counted(stated: Stated, number: int, why: Reason | None) -> Evidence:
    """A digest as evidence; with the reason where it does not count."""
    why = stated.ignored or why
    if not _fits(stated):
        scheme = printable(stated.scheme)
        why = why or Reason("digest-malformed", detail=f"not a valid {scheme}")
        return Evidence(scheme, printable(stated.value), Strength.NONE, number, why)
    weaker = stated.claimed or stated.scheme in _CHECKSUMS
    strength = Strength.CHECKSUM if weaker else Strength.CONTENT
    return Evidence(stated.scheme, stated.value, strength, number, why)


def _of_empty_file(stated: Stated, hop: Hop) -> Reason | None:
    """Some servers state, with HEAD or an error, the digest of the empty body that they send."""
    empty = bool(total_length(hop)) and entity_tag.is_of_nothing(stated.value)
    return Reason("of-empty-file") if empty else None


def _fits(stated: Stated) -> bool:
    length = _BYTES.get(stated.scheme, -1)
    return bool(_HEXADECIMAL.fullmatch(stated.value)) and len(stated.value) == 2 * length


def _metadata(hop: Hop, number: int) -> Iterator[Evidence]:
    yield from _tag(hop, number)
    yield from _date(hop, number)
    yield from _size(hop, number)


def _tag(hop: Hop, number: int) -> Iterator[Evidence]:
    if hop.all("etag") and not hop.one("etag"):
        yield Evidence("etag", hop.shown("etag"), Strength.NONE, number, Reason("tag-ambiguous"))
    modified = http_date.seconds(hop.one("last-modified"))
    weakened = _coded(hop) or _is_unsound(hop)
    yield from entity_tag.evidence(hop.one("etag"), modified, total_length(hop), number, weakened=weakened)


def _date(hop: Hop, number: int) -> Iterator[Evidence]:
    modified = http_date.seconds(hop.one("last-modified"))
    if modified is not None:
        length = total_length(hop)
        value = f"{modified}/{'-' if length is None else length}"
        yield Evidence("last-modified", value, Strength.HEURISTIC, number, _generated(hop))
    elif hop.all("last-modified"):
        yield Evidence(
            "last-modified", hop.shown("last-modified"), Strength.NONE, number, Reason("date-malformed")
        )


def _size(hop: Hop, number: int) -> Iterator[Evidence]:
    length = total_length(hop)
    if length is not None:
        yield Evidence("length", str(length), Strength.SIZE, number)
    elif hop.all("content-length"):
        why = _COMPRESSED if _coded(hop) else Reason("length-unusable")
        yield Evidence("length", hop.shown("content-length"), Strength.NONE, number, why)


def _is_unsound(hop: Hop) -> bool:
    """Whether a tag is strong in form alone.

    Azure's ``0x8D…`` is a revision, lighttpd's digits hash an mtime, PyPI's stayed the same while the page
    changed (pypi/warehouse#14457), and those of GitHub's raw files changed while the file did not.
    """
    tag = hop.one("etag").strip('"')
    azure = tag.startswith("0x") and is_azure(hop)
    lighttpd = _LIGHTTPD.fullmatch(tag) and hop.one("last-modified")
    github = _GITHUB.fullmatch(tag) and hop.all("x-github-request-id")
    return azure or bool(lighttpd or github or hop.all("x-pypi-last-serial"))


def _generated(hop: Hop) -> Reason | None:
    """Apache and many applications send the current time where they know no date."""
    date, modified = http_date.seconds(hop.one("date")), http_date.seconds(hop.one("last-modified"))
    generated = date is not None and modified is not None and modified == date
    return Reason("date-generated") if generated else None


def coding(hop: Hop) -> str:
    """The coding of the bytes where a server compressed although ``identity`` was requested; else empty.

    ``aws-chunked`` is how a client once uploaded the object, and some write a character set there.
    """
    values = hop.all("content-encoding")
    if not values:
        return ""
    named = ",".join(values).lower().split(",")
    codings = [name for name in map(str.strip, named) if name not in _NO_CODINGS]
    known = codings[0].removeprefix("x-") if len(codings) == 1 else "coded"
    return "" if not codings else known if _CODING.fullmatch(known) else "coded"


def _coded(hop: Hop) -> bool:
    return bool(coding(hop))


def total_length(hop: Hop) -> int | None:
    """The length of the whole file in bytes; None where the headers do not state it (RFC 9110 §14.4)."""
    names = hop.names
    if names.isdisjoint(_LENGTHS) or _coded(hop):
        return None
    part = _PART.fullmatch(hop.one("content-range")) if "content-range" in names else None
    if part:
        return None if part[1] == "*" else int(part[1])
    if hop.status in {_PARTIAL, _EMPTY}:
        return None
    whole = {item.strip() for item in hop.one("content-length").split(",")}
    number = whole.pop() if len(whole) == 1 else ""
    return int(number) if _LENGTH.fullmatch(number) else None


def validators(hop: Hop, found: tuple[Evidence, ...] | None = None) -> Validators:
    """What the next request sends back, verbatim: only a tag that counts among the evidence ``found``."""
    tag, modified = hop.one("etag"), hop.one("last-modified")
    dated = http_date.seconds(modified) is not None and not _generated(hop)
    counting = {(e.scheme, e.value) for e in of_hops((hop,)) if not e.ignored}
    if found is not None:
        counting &= {(e.scheme, e.value) for e in found if not e.ignored}
    mine = {(e.scheme, e.value) for e in _tag(hop, 0) if not e.ignored}
    return Validators(tag if mine & counting else "", modified if dated else "")


def content_type(hop: Hop) -> str:
    """The media type, without parameters; empty where there is no valid one."""
    media = hop.one("content-type").partition(";")[0].strip().lower()
    return media if _MEDIA_TYPE.fullmatch(media) else ""
