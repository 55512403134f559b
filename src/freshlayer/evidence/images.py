"""Evidence of images: the manifest for each platform, and the index that a tag names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from freshlayer.digests import sha256
from freshlayer.model.evidence import Evidence, Identity, Strength

MANIFEST = "manifest"
"""The scheme of the identity: the digest of the manifest for the platforms of a build."""
INDEX = "index"
CREATED = "created"
"""The scheme of a date that the registry states beside a manifest, which proves nothing."""
_OF_PLATFORM = f"{MANIFEST}/"
_SHA256_DIGITS = 64

# Variants that mean the same as the architecture alone (containerd, platforms/database.go).
_DEFAULTS = {("amd64", "v1"): "", ("arm64", "v8"): "", ("arm64", "8"): "", ("arm", ""): "v7"}


def spelled(platform: str) -> str:
    """A platform in one spelling: ``linux/arm`` → ``linux/arm/v7``, ``linux/arm64/v8`` → ``linux/arm64``."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    variant = _DEFAULTS.get((architecture, variant), variant)
    return "/".join([system, architecture, *([variant] if variant else [])])


def platform_list(platforms: Iterable[str]) -> str:
    """Platforms as evidence writes them."""
    return ",".join(sorted(map(spelled, platforms)))


def combined(manifests: Mapping[str, str]) -> str:
    """One value for the manifests of a build's platforms: the only one's digest, else the digest of all.

    That is the SHA-256 of the compact JSON of the sorted ``[platform, digest]`` pairs.
    """
    if len(manifests) == 1:
        return next(iter(manifests.values()))
    import json  # noqa: PLC0415 - of several platforms

    pairs = sorted([spelled(platform), digest] for platform, digest in manifests.items())
    return sha256(json.dumps(pairs, separators=(",", ":")).encode()).hexdigest()


def of_platforms(manifests: Mapping[str, str]) -> list[Evidence]:
    """The manifest of each of several platforms, for builds of fewer platforms in the same run."""
    if len(manifests) == 1:
        return []
    return [
        Evidence(f"{_OF_PLATFORM}{spelled(p)}", it, Strength.CONTENT) for p, it in manifests.items() if it
    ]


def value_of(evidence: Iterable[Evidence], scheme: str) -> str:
    """The evidence of one scheme; empty where there is none that counts."""
    return next((item.value for item in evidence if item.scheme == scheme and not item.ignored), "")


def index_in(evidence: Iterable[Evidence]) -> tuple[str, str]:
    """The digest of the index that a tag names, and the platforms for which it was read."""
    digest, _, platforms = value_of(evidence, INDEX).partition("/")
    return digest, platforms


def manifest_for(evidence: tuple[Evidence, ...], platform: str) -> str:
    """The digest of the manifest for a platform; empty where it is not known."""
    index, platforms = index_in(evidence)
    if not index or platforms == spelled(platform):
        return value_of(evidence, MANIFEST)
    return value_of(evidence, f"{_OF_PLATFORM}{spelled(platform)}")


def identity_for(evidence: tuple[Evidence, ...], platforms: Iterable[str]) -> Identity | None:
    """The identity of an image for fewer platforms than it was probed for; None where that is not known."""
    manifests = {platform: manifest_for(evidence, platform) for platform in platforms}
    if not all(manifests.values()):
        return None
    return Identity(MANIFEST, combined(manifests), Strength.CONTENT)


def pin_in(evidence: tuple[Evidence, ...], *, observed: bool, one_platform: bool) -> str:
    """The digest to which a tag can be pinned, ``sha256:…``; empty where none is known.

    ``observed``: by a probe. What a lock file has of several platforms may be the digest of no
    manifest.
    """
    index, _ = index_in(evidence)
    found = index or (value_of(evidence, MANIFEST) if observed or one_platform else "")
    return with_algorithm(found)


def with_algorithm(digest: str) -> str:
    """A digest as references write it."""
    return f"sha256:{digest}" if len(digest) == _SHA256_DIGITS and ":" not in digest else digest
