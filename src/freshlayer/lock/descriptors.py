"""The entries of a lock file as resource descriptors of in-toto. Pure.

A digest is a statement about bytes. So an entity tag, a date or a version is never one: it is an annotation.
https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Strength
from freshlayer.model.lock import LockedInput, LockedPackage, LockedPackages

Descriptor = dict[str, object]

_IMAGE = "docker-image://"
_HEXADECIMAL = compiled(r"(?:[0-9a-f]{2}){16,64}")
_DIGESTS = {
    "manifest": "sha256",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "blake2b": "blake2b",
    "sha1": "sha1",
    "commit": "gitCommit",
}
"""Scheme of an identity → its name in a DigestSet
(https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md)."""


def of_input(item: LockedInput) -> Descriptor:
    """One input. ``sha256`` of the body counts as a digest too: it was computed from the bytes."""
    digest = digest_of(item)
    found: Descriptor = {"uri": item.reference}
    if digest:
        found["digest"] = digest
    if item.served_by:
        found["downloadLocation"] = item.served_by
    notes: Descriptor = {
        "identity": str(item.identity) if item.identity else "",
        "strength": item.strength.value,
        "platform": item.platform,
        "index": item.index,
        "size": item.size,
        "reason": item.reason,
        "usedBy": [str(user) for user in item.used_by],
    }
    found["annotations"] = {name: value for name, value in notes.items() if value not in ("", None)}
    return found


def digest_of(item: LockedInput) -> dict[str, str]:
    """Algorithm → hexadecimal digits, of what is known of the content."""
    found = {"sha256": item.sha256} if item.sha256 else {}
    identity = item.identity
    if identity is not None and identity.strength is Strength.CONTENT:
        name = _DIGESTS.get(identity.scheme, "")
        if name and _HEXADECIMAL.fullmatch(identity.value):
            # An image index and a manifest have digests of their own; a body has one SHA-256.
            found.setdefault(name, identity.value)
    return found


def of_packages(block: LockedPackages) -> Iterator[Descriptor]:
    """Each package by its package URL with the version."""
    for package in block.packages:
        algorithm, _, value = package.digest.partition(":")
        found: Descriptor = {"uri": versioned_url(block, package)}
        if _DIGESTS.get(algorithm, "") == algorithm and _HEXADECIMAL.fullmatch(value):
            found["digest"] = {algorithm: value}
        found["annotations"] = {"usedBy": [str(block.used_by)]}
        yield found


def versioned_url(block: LockedPackages, package: LockedPackage) -> str:
    """``pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=bookworm``."""
    whole = package.name.startswith("pkg:")
    path, mark, qualifiers = (package.name if whole else block.source).partition("?")
    name = path if whole else f"{path}/{package.name}"
    return f"{name}@{quote(package.version, safe=':~')}{mark}{qualifiers}"


def image_name(reference: str) -> str:
    """The name of an image as builders write it; empty for what is not an image."""
    return reference.removeprefix(_IMAGE) if reference.startswith(_IMAGE) else ""


def by_uri(descriptors: Iterable[Descriptor]) -> list[Descriptor]:
    """Each that differs once, in an order that depends on them alone; its users are joined."""
    found: dict[str, Descriptor] = {}
    for item in descriptors:
        notes = item.get("annotations")
        own = dict(notes) if isinstance(notes, dict) else {}
        users = own.pop("usedBy", [])
        name = repr((item.get("uri"), item.get("digest"), sorted(own.items(), key=str)))
        known = found.setdefault(name, {**item, "annotations": {**own, "usedBy": []}})
        known_notes = known["annotations"]
        if isinstance(known_notes, dict) and isinstance(users, list):
            known_notes["usedBy"] = sorted({*known_notes["usedBy"], *users})
    return [found[name] for name in sorted(found)]
