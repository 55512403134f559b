"""What a bill of materials states of each entry of a lock file, whatever its format. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from packageurl import PackageURL

from freshlayer.lock.descriptors import digest_of, image_name, versioned_url
from freshlayer.model.lock import Lock, LockedInput, LockedPackages

_REPOSITORIES = ("git+", "hg+")


class Item(Struct, frozen=True, order=True):
    """A remote input, or a package.

    ``kind``: container, file, source or library. ``url``: package URL. ``place``: where it is downloaded;
    empty of packages. ``digests``: (algorithm of a DigestSet, hexadecimal). ``notes``: what else the lock
    states, (name, value).
    """

    url: str
    name: str
    version: str
    kind: str
    place: str = ""
    digests: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def items(lock: Lock) -> tuple[Item, ...]:
    """Each once, in order."""
    found = [_of_input(item) for item in lock.inputs]
    return tuple(sorted({*found, *(it for block in lock.packages for it in _of_packages(block))}))


def _of_input(item: LockedInput) -> Item:
    identity = str(item.identity) if item.identity else ""
    notes = {"identity": identity, "strength": item.strength.value, "platform": item.platform}
    digests = digest_of(item)
    name = image_name(item.reference)
    if name:
        return _of_image(item, name, digests, _noted(notes))
    if item.reference.startswith(_REPOSITORIES):
        return _of_repository(item, digests, _noted(notes))
    path = urlsplit(item.reference.partition("#")[0]).path
    last = unquote(path).rstrip("/").rpartition("/")[2] or "file"
    place = item.served_by or item.reference.partition("#")[0]
    qualifiers = {"download_url": item.reference.partition("#")[0]}
    if "sha256" in digests:
        qualifiers["checksum"] = f"sha256:{digests['sha256']}"
    url = PackageURL("generic", name=last, qualifiers=qualifiers).to_string()
    return Item(url, last, "", "file", place, tuple(sorted(digests.items())), _noted(notes))


def _of_image(
    item: LockedInput, name: str, digests: dict[str, str], notes: tuple[tuple[str, str], ...]
) -> Item:
    """https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md"""
    repository, _, digest = name.partition("@")
    last = repository.rpartition("/")[2]
    tag = last.partition(":")[2]
    repository = repository.removesuffix(f":{tag}") if tag else repository
    sha256 = digests.get("sha256") or digest.removeprefix("sha256:")
    qualifiers = {"repository_url": repository, **({"tag": tag} if tag else {})}
    if item.platform:
        qualifiers["arch"] = item.platform.partition("/")[2]
    version = f"sha256:{sha256}" if sha256 else None
    url = PackageURL("oci", name=last.partition(":")[0], version=version, qualifiers=qualifiers).to_string()
    known = (("sha256", sha256),) if sha256 else ()
    return Item(url, repository, tag or digest, "container", "", known, notes)


def _of_repository(item: LockedInput, digests: dict[str, str], notes: tuple[tuple[str, str], ...]) -> Item:
    address = item.reference.partition("#")[0]
    commit = digests.get("gitCommit", "")
    last = address.rstrip("/").rpartition("/")[2].removesuffix(".git") or "repository"
    place = f"{address}@{commit}" if commit else address
    url = PackageURL("generic", name=last, version=commit or None, qualifiers={"vcs_url": place}).to_string()
    return Item(url, last, commit, "source", place, tuple(sorted(digests.items())), notes)


def _of_packages(block: LockedPackages) -> Iterator[Item]:
    for package in block.packages:
        algorithm, _, value = package.digest.partition(":")
        known = ((algorithm, value),) if algorithm in {"sha256", "sha512", "sha1"} else ()
        path, _, last = package.name.partition("?")[0].rpartition("/")
        name = last if path else package.name
        yield Item(versioned_url(block, package), name, package.version, "library", "", known)


def _noted(notes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in sorted(notes.items()) if value)
