"""What a registry states of a package: the document of one version, or the list of all versions."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct, field

from freshlayer.lazy_regex import compiled
from freshlayer.packages.npm.manifests import Manifest, Stated
from freshlayer.packages.published import published

_LARGEST = 128 << 20
_LONGEST = 256
"""Of a version, as in npm, and of the range of an engine."""
_VERSION = compiled(r"[!-~]{1,256}")
_SHA1 = compiled(r"[0-9a-f]{40}")
MANIFEST = "manifest "
"""Before a version: the key of what it requires."""
TAGS = "tags"
VERSIONS = "versions"


class Release(Struct, frozen=True, array_like=True):
    """A version. ``digest``: ``scheme:hexadecimal``, empty without one. ``node``: its engine's range."""

    version: str
    digest: str = ""
    deprecated: bool = False
    node: str = ""


class _Dist(Struct):
    integrity: object = ""
    shasum: object = ""


class _Version(Struct):
    version: str
    dist: _Dist = field(default_factory=_Dist)
    deprecated: object = None
    engines: object = None

    def release(self) -> Release:
        """As it is kept."""
        node = self.engines.get("node", "") if isinstance(self.engines, dict) else ""
        known = isinstance(node, str) and len(node) <= _LONGEST
        return Release(self.version, _digest(self.dist), bool(self.deprecated), node if known else "")


class _Package(Struct):
    tags: dict[str, str] = field(name="dist-tags")
    versions: dict[str, _Version]
    time: dict[str, object] = {}


class _Requirements(Struct):
    versions: dict[str, Stated]


def read_document(kind: str, content: BinaryIO, until: int = 0) -> Iterator[tuple[str, bytes]]:
    """The entries of a document (``version``) or of a list (``versions``). Raises ValueError.

    Of a list, ``manifests`` has what each version requires, too. ``until``: as in ``PackageChain``; then for
    a list that does not state when its versions were published, too.
    """
    body = content.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise ValueError("the document is too large")
    try:
        if kind == "version":
            one = msgspec.json.decode(body, type=_Version)
            yield VERSIONS, _encoded([one])
            return
        package = msgspec.json.decode(body, type=_Package)
        stated = msgspec.json.decode(body, type=_Requirements).versions if kind == "manifests" else {}
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if until:
        known = {it: text for it, text in package.time.items() if isinstance(text, str)}
        package.versions = {
            it: one for it, one in package.versions.items() if published(known.get(it, "")) <= until
        }
    yield TAGS, msgspec.msgpack.encode(package.tags)
    yield VERSIONS, _encoded(package.versions.values())
    for version, it in stated.items():
        manifest = it.manifest()
        if manifest != Manifest() and _VERSION.fullmatch(version):
            yield f"{MANIFEST}{version}", msgspec.msgpack.encode(manifest)


def _encoded(versions: Iterable[_Version]) -> bytes:
    """Without what npm would not take for a version."""
    return msgspec.msgpack.encode([it.release() for it in versions if _VERSION.fullmatch(it.version)])


def releases_of(value: bytes | None) -> list[Release]:
    """The versions of an entry."""
    return msgspec.msgpack.decode(value, type=list[Release]) if value else []


def tags_of(value: bytes | None) -> dict[str, str]:
    """The tags of an entry."""
    return msgspec.msgpack.decode(value, type=dict[str, str]) if value else {}


def _digest(dist: _Dist) -> str:
    """The strongest of an integrity (https://www.w3.org/TR/SRI/), else the SHA-1."""
    stated = dist.integrity.split() if isinstance(dist.integrity, str) else []
    for algorithm in ("sha512", "sha384", "sha256", "sha1"):
        for item in stated:
            name, _, value = item.partition("-")
            if name == algorithm:
                try:
                    return f"{name}:{b64decode(value.partition('?')[0], validate=True).hex()}"
                except (Error, ValueError):
                    continue
    return f"sha1:{dist.shasum}" if isinstance(dist.shasum, str) and _SHA1.fullmatch(dist.shasum) else ""
