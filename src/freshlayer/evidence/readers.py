"""Headers that state a hash or a checksum of the bytes, and how each is written: one table."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from freshlayer.evidence.hop import Hop

_NAMES = {"sha-512": "sha512", "sha-256": "sha256", "sha": "sha1", "sha-1": "sha1", "md5": "md5"}
_PARTIAL = 206

Reader = Callable[[str, Hop], Iterator[tuple[str, str]]]
"""A header's value → (scheme, hexadecimal digest) pairs; an empty digest where it is malformed."""


def _structured(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 9530 §3: ``sha-256=:BASE64:, sha-512=:…:``."""
    for name, encoded in re.findall(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):", value):
        yield _NAMES.get(name, ""), from_base64(encoded)


def _digest(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 3230: ``SHA-256=BASE64``, obsolete and still sent."""
    for name, encoded in re.findall(r"([A-Za-z0-9-]+)=([A-Za-z0-9+/=]+)", value):
        yield _NAMES.get(name.lower(), ""), from_base64(encoded)


def _content_md5(value: str, hop: Hop) -> Iterator[tuple[str, str]]:
    """RFC 1864. On a 206 it is the digest of the part."""
    if hop.status != _PARTIAL:
        yield "md5", from_base64(value)


def _nexus(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """Nexus Repository: ``"{SHA1{<40 hex>}}"``, exactly; a proxy in front may unquote or weaken it."""
    match = re.fullmatch(r'(?:W/)?"?\{SHA1\{([0-9A-Fa-f]{40})\}\}"?', value)
    if match:
        yield "sha1", match[1].lower()


def _artifactory(value: str, hop: Hop) -> Iterator[tuple[str, str]]:
    """Artifactory: the SHA-1 without quotes. Elsewhere 40 digits may be a git blob's name."""
    match = re.fullmatch(r'"?([0-9A-Fa-f]{40})"?', value)
    if match and (hop.one("x-artifactory-id") or hop.one("x-jfrog-version")):
        yield "sha1", match[1].lower()


def _s3_tag(value: str, hop: Hop) -> Iterator[tuple[str, str]]:
    """S3: the MD5, unless the object is encrypted with KMS or a customer's key; ``…-N`` is multipart."""
    match = re.fullmatch(r'"([0-9a-f]{32})"', value)
    recognised = hop.one("x-amz-request-id") or hop.one("server") == "AmazonS3"
    kms = hop.one("x-amz-server-side-encryption").startswith("aws:kms")
    customer = hop.one("x-amz-server-side-encryption-customer-algorithm")
    if match and recognised and not kms and not customer:
        yield "md5", match[1]


def _linked(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
    """Hugging Face names the SHA-256 of a large file on the hop that redirects to the CDN."""
    match = re.fullmatch(r'(?:W/)?"?([0-9a-f]{64})"?', value)
    if match:
        yield "sha256", match[1]


def _google(_value: str, hop: Hop) -> Iterator[tuple[str, str]]:
    """``crc32c=BASE64,md5=BASE64``, maybe on two lines. With transcoding they are of the stored bytes."""
    if hop.one("x-goog-stored-content-encoding").lower() in {"", "identity"}:
        for name, encoded in re.findall(r"(crc32c|md5)=([A-Za-z0-9+/=]+)", ",".join(hop.all("x-goog-hash"))):
            yield name, from_base64(encoded)


def _amazon(scheme: str) -> Reader:
    """S3's checksums, where asked for; a COMPOSITE one is a hash of hashes."""

    def read(value: str, hop: Hop) -> Iterator[tuple[str, str]]:
        if hop.one("x-amz-checksum-type").upper() != "COMPOSITE":
            yield scheme, from_base64(value)

    return read


def _in_base64(scheme: str) -> Reader:
    def read(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
        yield scheme, from_base64(value)

    return read


def _hexadecimal(scheme: str) -> Reader:
    def read(value: str, _hop: Hop) -> Iterator[tuple[str, str]]:
        yield scheme, value.lower()

    return read


ROWS: tuple[tuple[str, Reader], ...] = (
    ("repr-digest", _structured),
    ("x-checksum-sha512", _hexadecimal("sha512")),
    ("x-checksum-sha256", _hexadecimal("sha256")),
    ("x-checksum-sha1", _hexadecimal("sha1")),
    ("x-checksum-md5", _hexadecimal("md5")),
    ("x-linked-etag", _linked),
    ("x-amz-checksum-sha256", _amazon("sha256")),
    ("x-amz-checksum-sha1", _amazon("sha1")),
    ("x-amz-checksum-crc64nvme", _amazon("crc64nvme")),
    ("x-amz-checksum-crc32c", _amazon("crc32c")),
    ("x-amz-checksum-crc32", _amazon("crc32")),
    ("etag", _nexus),
    ("etag", _artifactory),
    ("etag", _s3_tag),
    ("x-goog-hash", _google),
    ("x-ms-blob-content-md5", _in_base64("md5")),
    ("content-md5", _content_md5),
    ("digest", _digest),
)
"""Header → reader, for the headers that state a hash or a checksum."""

OF_THE_TARGET = {
    "x-checksum-sha512",
    "x-checksum-sha256",
    "x-checksum-sha1",
    "x-checksum-md5",
    "x-linked-etag",
}
"""Headers that speak of what a redirect leads to; the others are of the redirect's own empty content."""


def from_base64(text: str) -> str:
    """Hexadecimal digits; empty where the text is no base64."""
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
