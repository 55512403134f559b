"""Packages: which images would have which version. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from freshlayer.model.packages import PackageChange
from freshlayer.report.text import roughly
from freshlayer.watch.pages.images import STALE, STATES, WORDS, Image, package_address
from freshlayer.watch.pages.known import Package
from freshlayer.watch.pages.paging import paged
from freshlayer.watch.pages.tracks import track
from freshlayer.watch.pages.values import (
    Link,
    Move,
    PackageList,
    PackagePage,
    PackageRow,
    PackageUser,
    Version,
)

PER_PAGE = 200
_LISTED = 8
_MOST_USERS = 200
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
    rows = tuple(
        PackageRow(manager, Link(name, package_address(name)), tuple(_versions(users)))
        for (manager, name), users in listed
    )
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


class _Use(Struct, frozen=True):
    """A package of an image. ``now``: None where a build would not install it. ``change``: if it is one."""

    image: Image
    now: Package | None
    change: PackageChange | None


def package_page(images: Sequence[Image], address: str, now: int) -> PackagePage | None:
    """The page at this address; None where no image has such a package."""
    name = next((it for it in _names(images) if package_address(it) == address), None)
    if name is None:
        return None
    uses = sorted(_uses(images, name), key=_order)
    return PackagePage(
        name=name,
        managers=", ".join(sorted({use.now.manager for use in uses if use.now})),
        moves=tuple(_moves(uses)),
        users=tuple(_user(use, now) for use in uses[:_MOST_USERS]),
        users_left=max(0, len(uses) - _MOST_USERS),
        number=len(uses),
        stale=sum(use.change is not None for use in uses),
    )


def _names(images: Iterable[Image]) -> dict[str, None]:
    known = dict.fromkeys(it.name for image in images for it in image.known.packages)
    return known | dict.fromkeys(it.name for image in images for it in image.known.changes.values())


def _uses(images: Iterable[Image], name: str) -> Iterator[_Use]:
    for image in images:
        package = next((it for it in image.known.packages if it.name == name), None)
        change = next((it for it in image.known.changes.values() if it.name == name), None)
        if package or change:
            yield _Use(image, package, change)


def _order(use: _Use) -> tuple[bool, int, str]:
    """Those that it makes stale come first."""
    return use.change is None, STATES.index(use.image.state), use.image.title


def _moves(uses: Iterable[_Use]) -> Iterator[Move]:
    """What most images have first; security updates before others."""
    seen = Counter(
        (it.before, it.now, it.security, ", ".join(word for word in it.wanted_by if word != it.name))
        for use in uses
        if (it := use.change)
    )
    for (old, new, security, words), number in sorted(seen.items(), key=lambda it: (not it[0][2], -it[1])):
        yield Move(old, new, security, words, number)


def _user(use: _Use, now: int) -> PackageUser:
    image, version = use.image, use.now.version if use.now else ""
    before = use.change.before if use.change else version
    return PackageUser(
        Link(image.title, f"/image/{image.address}"),
        image.state,
        WORDS[image.state],
        before if image.known.built else "",
        version,
        bool(use.now and use.now.security) or bool(use.change and use.change.security),
        track(image, now),
        f"about {roughly(image.known.cost)}" if image.known.cost and image.state == STALE else "",
    )
