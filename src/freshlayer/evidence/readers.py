"""Headers that state a hash or a checksum of the bytes: one table, a reader for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from freshlayer.evidence.hop import Hop
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_NAMES = {"sha-512": "sha512", "sha-256": "sha256", "sha": "sha1", "sha-1": "sha1", "md5": "md5"}
_PARTIAL = 206
_BYTES = compiled(r":[^:]*:")
_MEMBER = compiled(r"[A-Za-z0-9-]{1,40}")
_NEXUS = compiled(r'(?:W/)?"?\{SHA1\{([0-9A-Fa-f]{40})\}\}"?')
_SHA1 = compiled(r'(?:W/)?"?([0-9A-Fa-f]{40})"?')
_MD5 = compiled(r'"([0-9a-f]{32})((?:-\d+)?)"')
_BLOB = compiled(r"[0-9a-f]{40}")
_OF_PARTS = Reason("digest-of-parts")


class Stated(Struct, frozen=True):
    """A digest as a header states it: hexadecimal digits, or the header's own text where it is malformed.

    ``ignored``: why it proves nothing about the bytes. ``claimed``: the uploader of the file wrote it; the
    origin did not check it.
    """

    scheme: str
    value: str
    ignored: Reason | None = None
    claimed: bool = False


Reader = Callable[[str, Hop], Iterator[Stated]]
"""A header's value, and the response it came with → what it states."""


def _structured(value: str, _hop: Hop) -> Iterator[Stated]:
    """RFC 9530 §3: ``sha-256=:BASE64:, sha-512=:…:``."""
    for name, encoded in _members(value):
        if _BYTES.fullmatch(encoded):
            yield Stated(_NAMES.get(name, name), from_base64(encoded[1:-1]) or encoded[1:-1])


def _message(value: str, hop: Hop) -> Iterator[Stated]:
    """RFC 9530 §2: of the body of this message: after HEAD nothing, after a range a part."""
    for stated in _structured(value, hop):
        yield Stated(stated.scheme, stated.value, Reason("digest-of-message"))


def _digest(value: str, _hop: Hop) -> Iterator[Stated]:
    """RFC 3230: ``SHA-256=BASE64``, obsolete and still sent."""
    for name, encoded in _members(value):
        if encoded:
            yield Stated(_NAMES.get(name.lower(), name.lower()), from_base64(encoded) or encoded)


def _members(value: str) -> Iterator[tuple[str, str]]:
    """``name=value, name=value``. Splits once: a header may have 64 KiB."""
    for item in value.split(","):
        name, equals, encoded = item.strip().partition("=")
        if equals and _MEMBER.fullmatch(name):
            yield name, encoded


def _content_md5(value: str, hop: Hop) -> Iterator[Stated]:
    """RFC 1864. On a part it is the digest of the part, and some servers send parts with status 200."""
    part = hop.status == _PARTIAL or bool(hop.all("content-range"))
    why = Reason("digest-of-part") if part else None
    yield Stated("md5", from_base64(value) or value, why, claimed=is_azure(hop))


def _azure_md5(value: str, _hop: Hop) -> Iterator[Stated]:
    """A property of the blob that clients set, and need not update when the bytes change."""
    yield Stated("md5", from_base64(value) or value, claimed=True)


def is_azure(hop: Hop) -> bool:
    """Azure Blob Storage, and proxies in front of it (GitHub's release assets)."""
    marks = ("x-ms-request-id", "x-ms-blob-type", "x-ms-blob-content-md5")
    return any(hop.all(name) for name in marks) or hop.one("server").startswith("Windows-Azure-Blob")


_MARKS_OF_TAGS = frozenset(
    {"x-artifactory-id", "x-artifactory-node-id", "x-jfrog-version", "x-amz-request-id"}
)


def may_be_digest(tag: str, hop: Hop) -> bool:
    """Whether one of the readers of tags may find a digest in it: of most servers none does."""
    return not hop.names.isdisjoint(_MARKS_OF_TAGS) or "{SHA1{" in tag or hop.one("server") == "AmazonS3"


def _nexus(value: str, _hop: Hop) -> Iterator[Stated]:
    """Nexus Repository: ``"{SHA1{<40 hex>}}"``, exactly; a proxy in front may unquote or weaken it."""
    match = _NEXUS.fullmatch(value) if "{SHA1{" in value else None
    if match:
        yield Stated("sha1", match[1].lower())


def _artifactory(value: str, hop: Hop) -> Iterator[Stated]:
    """Artifactory: the SHA-1 without quotes. Of other servers, 40 digits may be the name of a git blob."""
    marks = ("x-artifactory-id", "x-artifactory-node-id", "x-jfrog-version")
    match = _SHA1.fullmatch(value) if any(hop.all(name) for name in marks) else None
    if match:
        yield Stated("sha1", match[1].lower())


def _s3_tag(value: str, hop: Hop) -> Iterator[Stated]:
    """S3 and compatible stores: the MD5, if the object was stored in one piece and is not encrypted."""
    is_store = hop.all("x-amz-request-id") or hop.one("server") == "AmazonS3"
    match = _MD5.fullmatch(value) if is_store else None
    if match:
        yield Stated("md5", match[1] + match[2], _OF_PARTS if match[2] else _not_md5(hop))


def _not_md5(hop: Hop) -> Reason | None:
    kms = hop.one("x-amz-server-side-encryption").startswith("aws:kms")
    if kms or hop.all("x-amz-server-side-encryption-customer-algorithm"):
        return Reason("tag-not-md5", detail="the object is encrypted, so its entity tag is not its MD5")
    if hop.one("x-amz-storage-class") == "EXPRESS_ONEZONE":
        return Reason("tag-not-md5", detail="the entity tag of a directory bucket is not an MD5")
    return None


def _linked(value: str, _hop: Hop) -> Iterator[Stated]:
    """Hugging Face states the SHA-256 of a large file on the hop that redirects to the CDN."""
    digest = value.removeprefix("W/").strip('"')
    if _BLOB.fullmatch(digest):
        yield Stated("git-blob", digest, Reason("git-blob"))
    else:
        yield Stated("sha256", digest)


def _oci(value: str, _hop: Hop) -> Iterator[Stated]:
    """A registry: ``sha256:<hex>``, of a manifest or a blob, on the hop that redirects to its storage too."""
    algorithm, _, digest = value.partition(":")
    yield Stated(algorithm, digest)


def _google(_value: str, hop: Hop) -> Iterator[Stated]:
    """``crc32c=BASE64,md5=BASE64``, maybe on two lines."""
    stored_plain = hop.one("x-goog-stored-content-encoding").lower() in {"", "identity"}
    why = None if stored_plain else Reason("of-compressed-form")
    for name, encoded in _members(",".join(hop.all("x-goog-hash"))):
        if encoded:
            yield Stated(name, from_base64(encoded) or encoded, why)


def _uploaders(scheme: str) -> Reader:
    """Metadata that the uploader of the object chose; Google's mirror of Maven Central has such."""

    def read(value: str, _hop: Hop) -> Iterator[Stated]:
        yield Stated(scheme, value.lower(), claimed=True)

    return read


def _amazon(scheme: str) -> Reader:
    """S3's checksums, sent on request; a COMPOSITE one, written ``BASE64-N``, is a hash of hashes."""

    def read(value: str, hop: Hop) -> Iterator[Stated]:
        plain, _, parts = value.partition("-")
        composite = bool(parts) or hop.one("x-amz-checksum-type").upper() == "COMPOSITE"
        yield Stated(scheme, from_base64(plain) or value, _OF_PARTS if composite else None)

    return read


def _hexadecimal(scheme: str) -> Reader:
    def read(value: str, _hop: Hop) -> Iterator[Stated]:
        yield Stated(scheme, value.lower())

    return read


ROWS: tuple[tuple[str, Reader], ...] = (
    ("docker-content-digest", _oci),
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
    ("x-goog-meta-checksum-sha1", _uploaders("sha1")),
    ("x-goog-meta-checksum-md5", _uploaders("md5")),
    ("x-ms-blob-content-md5", _azure_md5),
    ("content-md5", _content_md5),
    ("digest", _digest),
    ("content-digest", _message),
)
"""Header → reader, for the headers that state a hash or a checksum."""

OF_THE_TARGET = {
    "docker-content-digest",
    "x-checksum-sha512",
    "x-checksum-sha256",
    "x-checksum-sha1",
    "x-checksum-md5",
    "x-linked-etag",
}
"""Headers that describe the target of a redirect; the others describe the redirect's own content."""


def from_base64(text: str) -> str:
    """Hexadecimal digits; empty where the text is not base64."""
    from base64 import b64decode  # noqa: PLC0415 - few origins state a digest

    try:
        return b64decode(text, validate=True).hex()
    except ValueError:
        return ""
