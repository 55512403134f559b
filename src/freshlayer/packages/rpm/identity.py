"""Packages that the solver chose → what identifies them, and why each is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import solv
from packageurl import PackageURL

from freshlayer.lazy_regex import compiled
from freshlayer.model.packages import ChosenPackage
from freshlayer.packages.rpm.jobs import Request
from freshlayer.packages.rpm.world import World

_PLAIN = compiled(r"[A-Za-z0-9._-]+")
"""What a package URL has as it is."""


class Distribution:
    """``ID`` and ``VERSION_ID`` of os-release, in package URLs."""

    def __init__(self, release: Mapping[str, str]) -> None:
        self.namespace = release.get("ID", "").lower()
        parts = (self.namespace, release.get("VERSION_ID", "").lower())
        self.qualifier = "-".join(part for part in parts if part)
        self._parts = self._made("\0", "a").split("%00")

    def purl(self, name: str, arch: str) -> str:
        """The URL of a package, without its version. The epoch is part of the version here."""
        if len(self._parts) == 2 and _PLAIN.fullmatch(name) and _PLAIN.fullmatch(arch):
            head, tail = self._parts
            return f"{head}{name}{tail.replace('=a', f'={arch}', 1)}"
        return self._made(name, arch)

    def _made(self, name: str, arch: str) -> str:
        qualifiers = {"arch": arch} | ({"distro": self.qualifier} if self.qualifier else {})
        return PackageURL("rpm", self.namespace or None, name, qualifiers=qualifiers).to_string()


def chosen(
    world: World, new: list[solv.XSolvable], request: Request, distribution: Distribution
) -> list[ChosenPackage]:
    """The packages, in the order of their identifiers."""
    why = _why(world, new, request)
    before = {(package.name, package.arch): one for one, package in world.installed.items()}
    found = []
    for one in new:
        replaced = before.get((one.name, one.arch))
        found.append(
            ChosenPackage(
                distribution.purl(one.name, one.arch),
                one.name,
                one.evr,
                digest_of(one),
                why.get(one.id, ""),
                one.id in request.words,
                world.one(replaced).evr if replaced else "",
            )
        )
    return found


def digest_of(one: solv.XSolvable) -> str:
    """The checksum of a package that the index states, ``scheme:hexadecimal``."""
    checksum = one.lookup_checksum(solv.SOLVABLE_CHECKSUM)
    return f"{checksum.typestr()}:{checksum.hex()}" if checksum else ""


def _why(world: World, new: list[solv.XSolvable], request: Request) -> dict[int, str]:
    """What wants each package: a word, or the nearest package that requires or recommends it."""
    open_ = sorted(one.id for one in new)
    why = {one: request.words[one] for one in open_ if one in request.words}
    roots = list(why) or _replacing(world, open_)
    left = set(open_) - set(roots)
    for keys in ((solv.SOLVABLE_REQUIRES,), (solv.SOLVABLE_REQUIRES, solv.SOLVABLE_RECOMMENDS)):
        _follow(world, [*roots, *why], left, why, keys)
    return why


def _follow(
    world: World, reached: list[int], left: set[int], why: dict[int, str], keys: Iterable[int]
) -> None:
    """Breadth first from what is explained already."""
    seen: set[int] = set()
    for number in reached:
        if not left:
            return
        one = world.one(number)
        deps = [dep for key in keys for dep in one.lookup_deparray(key) if dep.id not in seen]
        seen.update(dep.id for dep in deps)
        for dep in deps:
            for provider in world.pool.whatprovides(dep):
                if provider.id in left:
                    left.discard(provider.id)
                    why[provider.id] = one.name
                    reached.append(provider.id)


def _replacing(world: World, identifiers: Iterable[int]) -> list[int]:
    """Those that replace an installed package: where all are upgraded, nothing else wants them."""
    names = {package.name for package in world.installed.values()}
    return [one for one in identifiers if world.one(one).name in names]
