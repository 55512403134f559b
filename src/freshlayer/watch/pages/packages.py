"""Packages: which images would have which version. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from freshlayer.watch.pages.images import Image
from freshlayer.watch.pages.known import Package
from freshlayer.watch.pages.paging import paged
from freshlayer.watch.pages.values import Link, PackageList, PackageRow, Version

PER_PAGE = 200
_LISTED = 8
_Users = dict[Package, list[Image]]


def package_list(images: Iterable[Image], query: str, page: int) -> PackageList:
    """Those with several versions first, then by name."""
    known: dict[tuple[str, str], _Users] = {}
    for image in images:
        for package in image.known.packages:
            name = package.manager, package.name
            known.setdefault(name, {}).setdefault(package, []).append(image)
    words = query.lower().split()
    found = [(name, users) for name, users in known.items() if _matches(name, users, words)]
    found.sort(key=lambda it: (not _is_secure(it[1]), len(it[1]) < 2, it[0][1], it[0][0]))
    listed, pager = paged(found, page, PER_PAGE, "/packages", {"q": query} if query else {})
    rows = tuple(PackageRow(*name, tuple(_versions(users))) for name, users in listed)
    return PackageList(query, rows, len(found), len(known), pager)


def _matches(name: tuple[str, str], users: _Users, words: Sequence[str]) -> bool:
    text = "\n".join([*name, *(package.version for package in users)]).lower()
    return all(word in text for word in words)


def _is_secure(users: _Users) -> bool:
    return any(package.security for package in users)


def _versions(users: _Users) -> Iterator[Version]:
    """Those that most images have first."""
    for package, images in sorted(users.items(), key=lambda it: -len(it[1])):
        links = tuple(Link(image.title, f"/image/{image.address}") for image in images[:_LISTED])
        yield Version(package.version, package.security, links, max(0, len(images) - _LISTED))
