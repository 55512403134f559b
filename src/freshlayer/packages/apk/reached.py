"""What a solver chose → what is installed, and what is not fulfilled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from freshlayer.packages.apk.dependencies import Dependency
from freshlayer.packages.apk.names import Names
from freshlayer.packages.apk.universe import Package


class Unsolvable(Struct, frozen=True):
    """A constraint that can't be fulfilled; empty where the solver took more steps than it may.

    ``wanted_by``: the package that has it; empty for the world. ``exists``: whether there is any package of
    that name.
    """

    constraint: str
    wanted_by: str = ""
    exists: bool = True


class Solution(Struct, frozen=True):
    """``packages``: what is installed then, with the name of what wants each; empty for the world."""

    packages: tuple[tuple[Package, str], ...] = ()
    problems: tuple[Unsolvable, ...] = ()


def solution(
    names: Names, world: list[Dependency], triggered: list[Package], clashes: list[Unsolvable]
) -> Solution:
    """What the world reaches, and what was installed by itself beside it."""
    wanted = dict(_reached(names, ((one, "") for one in world), {}))
    before = -1
    while before != len(wanted):
        before = len(wanted)
        for package in triggered:
            if package not in wanted and _is_chosen(names, package) and _is_met(names, package):
                wanted[package] = next(iter(package.conditions)).name
                wanted |= dict(_reached(names, ((one, package.name) for one in package.depends), wanted))
    problems = [*clashes, *_unfulfilled(names, world, wanted)]
    return Solution(tuple(wanted.items()), tuple(dict.fromkeys(problems)))


def _is_chosen(names: Names, package: Package) -> bool:
    chosen = names[package.name].chosen
    return chosen is not None and chosen.package is package


def _is_met(names: Names, package: Package) -> bool:
    return all(names.is_met(one, package) for one in package.conditions)


def _reached(
    names: Names, wanted: Iterable[tuple[Dependency, str]], known: dict[Package, str]
) -> Iterator[tuple[Package, str]]:
    """Each package once, with the first that wants it: breadth first, so that the reasons are short."""
    seen = set(known)
    queue = list(wanted)
    for dependency, by in queue:
        chosen = None if dependency.conflict else names[dependency.name].chosen
        if chosen is not None and chosen.package not in seen:
            seen.add(chosen.package)
            yield chosen.package, by
            queue += ((one, chosen.package.name) for one in chosen.package.depends)


def _unfulfilled(names: Names, world: list[Dependency], packages: Iterable[Package]) -> Iterator[Unsolvable]:
    for one in world:
        if not names.is_met(one):
            yield Unsolvable(one.text, "", exists=bool(names[one.name].providers))
    for package in packages:
        for one in package.depends:
            if not names.is_met(one, package):
                yield Unsolvable(one.text, package.name, exists=bool(names[one.name].providers))
