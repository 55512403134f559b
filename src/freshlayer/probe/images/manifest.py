"""Manifests of images: the accepted types, and the manifests of an index for a build's platforms.

An index comes from a registry and is untrusted: entries that are not valid are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from freshlayer.evidence.images import spelled
from freshlayer.lazy_regex import compiled
from freshlayer.model.age import stated_day

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# A registry's digest of a tag depends on what is accepted: all four, always, or it converts the manifest.
ACCEPT = f"Accept: {', '.join((*INDEXES, *MANIFESTS))}"

_DIGEST = compiled(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,128}")
_WORD = compiled(r"[\w.-]{1,40}", re.ASCII)
_CREATED = "org.opencontainers.image.created"
_MOST = 4096

_ARM = ("v8", "v7", "v6", "v5")
_AMD64 = ("v4", "v3", "v2")


class Entry(Struct, frozen=True):
    """A manifest of an index: its digest, and its platform, ``os/arch[/variant]``.

    ``created``: the date that its annotation states, as written; empty where there is none.
    """

    digest: str
    platform: str
    created: str = ""


def digest_in(text: str) -> str:
    """A digest as evidence writes it: SHA-256 by its hexadecimal digits alone; empty where it is not one."""
    return text.removeprefix("sha256:") if _DIGEST.fullmatch(text) else ""


def entries(body: bytes) -> tuple[Entry, ...] | None:
    """The manifests of an index that are for a platform; attestations (``unknown/unknown``) are not.

    None where the bytes are not an index.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    listed = document.get("manifests") if isinstance(document, dict) else None
    return tuple(_entries(listed[:_MOST])) if isinstance(listed, list) else None


def _entries(listed: list[object]) -> Iterator[Entry]:
    for item in listed:
        digest, platform = (item.get("digest"), item.get("platform")) if isinstance(item, dict) else ("", {})
        known = digest_in(digest) if isinstance(digest, str) else ""
        where = _platform(platform) if isinstance(platform, dict) else ""
        if known and where:
            yield Entry(known, where, _created(item if isinstance(item, dict) else {}))


def created_in(body: bytes) -> str:
    """The day that a manifest or an index states of itself."""
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return _created(document) if isinstance(document, dict) else ""


def _created(item: Mapping[str, object]) -> str:
    """``org.opencontainers.image.created``, which official images have, as a day."""
    annotations = item.get("annotations")
    return stated_day(annotations.get(_CREATED)) if isinstance(annotations, dict) else ""


def _platform(fields: Mapping[str, object]) -> str:
    words = [fields.get(name) or "" for name in ("os", "architecture", "variant")]
    system, architecture, variant = (word if isinstance(word, str) else "" for word in words)
    written = [system, architecture, *([variant] if variant else [])]
    if system == "unknown" or not all(map(_WORD.fullmatch, written)):
        return ""
    return spelled("/".join(written))


def accepted(platform: str) -> tuple[str, ...]:
    """What a builder accepts for a platform, best first (containerd, platforms/compare.go, ``Only``)."""
    known = spelled(platform)
    system, _, rest = known.partition("/")
    architecture, _, variant = rest.partition("/")
    others: tuple[str, ...] = ()
    if architecture == "amd64":
        others = (*(f"amd64/{lower}" for lower in _below(variant, _AMD64)), "amd64", "386")
    elif architecture == "arm64":
        others = ("arm64", *(f"arm/{lower}" for lower in _ARM))
    elif architecture == "arm":
        others = tuple(f"arm/{lower}" for lower in _below(variant, _ARM))
    return tuple(dict.fromkeys([known, *(f"{system}/{other}" for other in others)]))


def _below(variant: str, order: tuple[str, ...]) -> tuple[str, ...]:
    """The variants that a processor of this variant also runs."""
    return order[order.index(variant) + 1 :] if variant in order else ()


def chosen(found: tuple[Entry, ...], platforms: tuple[str, ...]) -> dict[str, str]:
    """Platform → the digest of its manifest; empty where the index has none for it."""
    return {platform: _best(found, platform) for platform in platforms}


def _best(found: tuple[Entry, ...], platform: str) -> str:
    by_platform: dict[str, str] = {}
    for entry in found:
        by_platform.setdefault(entry.platform, entry.digest)
    return next((by_platform[name] for name in accepted(platform) if name in by_platform), "")
