"""One table of headers that say something about the bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from freshlayer.evidence import entity_tag, http_date
from freshlayer.evidence.order import in_order
from freshlayer.model import Evidence, Strength, Validators

_DIGEST_OCTETS = {"sha512": 64, "sha256": 32, "sha1": 20, "md5": 16}
_NAMES = {"sha-512": "sha512", "sha-256": "sha256", "sha": "sha1", "sha-1": "sha1", "md5": "md5"}
_PARTIAL = 206
_EMPTY = 416


@dataclass(frozen=True, slots=True)
class Hop:
    """One response of a chain of redirects. Header names are lower case; order and repeats are kept."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for key, value in self.headers if key == name)

    def one(self, name: str) -> str:
        """The value of a header; empty where it is missing or where its lines disagree."""
        values = set(self.all(name))
        return values.pop().strip() if len(values) == 1 else ""


Reader = Callable[[str, Hop], Iterator[tuple[str, str]]]
"""A header's value → (algorithm, hexadecimal digest) pairs; nothing where it is malformed."""


def _structured(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 9530 §3: ``sha-256=:BASE64:, sha-512=:…:``."""
    for name, encoded in re.findall(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):", value):
        yield _NAMES.get(name, ""), _from_base64(encoded)


def _digest(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 3230: ``SHA-256=BASE64``, obsolete and still sent."""
    for name, encoded in re.findall(r"([A-Za-z0-9-]+)=([A-Za-z0-9+/=]+)", value):
        yield _NAMES.get(name.lower(), ""), _from_base64(encoded)


def _content_md5(value: str, hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 1864. On a 206 it is the digest of the part."""
    if hop.status != _PARTIAL:
        yield "md5", _from_base64(value)


def _nexus(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """Nexus Repository: ``"{SHA1{<40 hex>}}"``, exactly; a proxy in front may unquote or weaken it."""
    match = re.fullmatch(r'(?:W/)?"?\{SHA1\{([0-9A-Fa-f]{40})\}\}"?', value)
    if match:
        yield "sha1", match[1].lower()


def _hexadecimal(algorithm: str) -> Reader:
    def read(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
        yield algorithm, value.lower()

    return read


ROWS: tuple[tuple[str, Reader], ...] = (
    ("repr-digest", _structured),
    ("x-checksum-sha512", _hexadecimal("sha512")),
    ("x-checksum-sha256", _hexadecimal("sha256")),
    ("x-checksum-sha1", _hexadecimal("sha1")),
    ("x-checksum-md5", _hexadecimal("md5")),
    ("etag", _nexus),
    ("content-md5", _content_md5),
    ("digest", _digest),
)
"""Header → reader, for the headers that state a content hash."""


def of_hops(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """All evidence of a chain of redirects, strongest first. Only hashes count on a hop that redirects."""
    found = [item for number, hop in enumerate(hops) for item in _hashes(hop, number)]
    if hops:
        found += _metadata(hops[-1], len(hops) - 1)
    return in_order(found)


def _hashes(hop: Hop, number: int) -> Iterator[Evidence]:
    ignored = "the digest is of a compressed form" if _coded(hop) else ""
    for name, read in ROWS:
        for algorithm, digest in read(hop.one(name), hop):
            if _fits(algorithm, digest):
                yield Evidence(algorithm, digest, Strength.CONTENT, number, ignored if name != "etag" else "")


def _metadata(hop: Hop, number: int) -> Iterator[Evidence]:
    length, coded = total_length(hop), _coded(hop)
    modified = http_date.seconds(hop.one("last-modified"))
    yield from entity_tag.evidence(hop.one("etag"), modified, length, number, coded=coded)
    if modified is not None:
        yield Evidence(
            "last-modified", f"{modified}/{_or_dash(length)}", Strength.HEURISTIC, number, _generated(hop)
        )
    if length is not None:
        yield Evidence("length", str(length), Strength.SIZE, number)


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


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""


def _fits(algorithm: str, digest: str) -> bool:
    octets = _DIGEST_OCTETS.get(algorithm, -1)
    return bool(re.fullmatch(r"[0-9a-f]+", digest)) and len(digest) == 2 * octets
