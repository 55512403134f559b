"""Response headers → evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.evidence import entity_tag, http_date
from freshlayer.evidence.hop import Hop
from freshlayer.evidence.order import in_order
from freshlayer.evidence.readers import OF_THE_TARGET, ROWS
from freshlayer.model import Evidence, Strength, Validators

_OCTETS = {"sha512": 64, "sha256": 32, "sha1": 20, "md5": 16, "crc64nvme": 8, "crc32c": 4, "crc32": 4}
_CHECKSUMS = {"crc64nvme", "crc32c", "crc32"}
_PARTIAL = 206
_EMPTY = 416
_YOUNG = 2


def of_hops(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """All evidence of a chain of redirects, strongest first. Of a redirect only its target's hashes count."""
    found = [
        item
        for number, hop in enumerate(hops)
        for item in _hashes(hop, number, redirects=number < len(hops) - 1)
    ]
    if hops:
        found += _metadata(hops[-1], len(hops) - 1)
    return in_order(found)


def _hashes(hop: Hop, number: int, *, redirects: bool) -> Iterator[Evidence]:
    coded = "the digest is of a compressed form" if _coded(hop) else ""
    for name, read in ROWS:
        if not hop.all(name) or (redirects and name not in OF_THE_TARGET):
            continue
        for scheme, digest in read(hop.one(name), hop):
            if _fits(scheme, digest):
                strength = Strength.CHECKSUM if scheme in _CHECKSUMS else Strength.CONTENT
                yield Evidence(scheme, digest, strength, number, coded if name != "etag" else "")


def _metadata(hop: Hop, number: int) -> Iterator[Evidence]:
    length, coded = total_length(hop), _coded(hop)
    modified = http_date.seconds(hop.one("last-modified"))
    yield from entity_tag.evidence(
        hop.one("etag"), modified, length, number, weakened=coded or _is_revision(hop)
    )
    if modified is not None:
        yield Evidence(
            "last-modified", f"{modified}/{_or_dash(length)}", Strength.HEURISTIC, number, _generated(hop)
        )
    if length is not None:
        yield Evidence("length", str(length), Strength.SIZE, number)


def _is_revision(hop: Hop) -> bool:
    """Tags that move without the bytes: Azure's ``0x8D…`` is a revision, lighttpd's digits hash an mtime."""
    tag = hop.one("etag").strip('"')
    azure = tag.startswith("0x") and bool(hop.one("x-ms-request-id") or hop.one("x-ms-blob-type"))
    return azure or bool(re.fullmatch(r"\d{5,10}", tag) and hop.one("last-modified"))


def is_young(hop: Hop) -> bool:
    """Whether the file changed less than two seconds ago: it may change again under the same date and tag."""
    date, modified = http_date.seconds(hop.one("date")), http_date.seconds(hop.one("last-modified"))
    return date is not None and modified is not None and 0 <= date - modified < _YOUNG


def _generated(hop: Hop) -> str:
    """Apache and many applications answer "now" where they know no date; it then moves at every request."""
    date, modified = http_date.seconds(hop.one("date")), http_date.seconds(hop.one("last-modified"))
    generated = date is not None and modified is not None and modified == date
    return "Last-Modified equals Date: it is made up at every answer" if generated else ""


def _coded(hop: Hop) -> bool:
    """Whether a server compressed although it was asked not to."""
    return hop.one("content-encoding").lower() not in {"", "identity"}


def _or_dash(length: int | None) -> str:
    return "-" if length is None else str(length)


def total_length(hop: Hop) -> int | None:
    """The full length in octets of what was asked for; None where the headers don't tell (RFC 9110 §14.4)."""
    if _coded(hop):
        return None
    part = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d{1,18}|\*)", hop.one("content-range"))
    if part:
        return None if part[1] == "*" else int(part[1])
    if hop.status in {_PARTIAL, _EMPTY}:
        return None
    whole = {item.strip() for item in hop.one("content-length").split(",")}
    number = whole.pop() if len(whole) == 1 else ""
    return int(number) if re.fullmatch(r"\d{1,18}", number) else None


def validators(hop: Hop) -> Validators:
    """What to send back next time, as it came."""
    tag, modified = hop.one("etag"), hop.one("last-modified")
    dated = http_date.seconds(modified) is not None and not _generated(hop)
    return Validators(tag if entity_tag.well_formed(tag) else "", modified if dated else "")


def _fits(scheme: str, digest: str) -> bool:
    octets = _OCTETS.get(scheme, -1)
    return bool(re.fullmatch(r"[0-9a-f]+", digest)) and len(digest) == 2 * octets
