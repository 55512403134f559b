"""The versions that dnf's plugin ``versionlock`` holds: other versions of a name are left out.

A rule is a name with or without version and architecture, with globs (``bash-0:5.1.8-6.el9.*``); behind a
``!`` it is what is left out. The rules are those of a file, and of ``dnf versionlock`` in a RUN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase

import solv
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.packages.rpm.lock_list import MOST_RULES, VERB
from freshlayer.packages.rpm.options import Options
from freshlayer.packages.rpm.words import by_nevra, fits, forms
from freshlayer.packages.rpm.world import World

PLUGIN = "python3-dnf-plugin-versionlock"
"""The package that has the plugin of dnf 4."""

_GLOBS = frozenset("*?[")
_RULE = compiled(r"(.+)-(?:(\d+):)?([^-]+)-([^-]+)\.([^.]+)")


class Locks(Struct, frozen=True):
    """What commands of the plugin changed so far: ``dropped`` rules of the file, and ``added`` ones."""

    added: tuple[str, ...] = ()
    dropped: frozenset[str] = frozenset()

    def rules(self, listed: Iterable[str]) -> tuple[str, ...]:
        """The rules now. ``listed``: those of the file."""
        return (*(rule for rule in listed if rule not in self.dropped), *self.added)


def locked_out(world: World, rules: Sequence[str]) -> set[int]:
    """The packages that rules leave out."""
    out: set[int] = set()
    locked: dict[int, solv.XSolvable] = {}
    names: dict[str, None] = {}
    for rule in rules:
        for parts in forms(rule.removeprefix("!")):
            found = [one for one in world.named(parts["name"]) if fits(one, parts)]
            if rule.startswith("!"):
                out |= {one.id for one in found}
            else:
                names[parts["name"]] = None
                locked |= {one.id: one for one in found}
    out |= {one.id for name in names for one in world.named(name)} - locked.keys()
    return out | (set(world.obsoleters(locked.values())) - locked.keys())


def changed(
    locks: Locks, listed: Iterable[str], world: World, options: Options, words: Sequence[str]
) -> Locks:
    """The locks behind a command of the plugin."""
    names, command = {rule: _names(rule) for rule in locks.rules(listed)}, options.last(VERB)
    every = {name for own in names.values() for name in own}
    if command in {"clear", "delete"}:
        meant = {name for word in words for name in _matching(word, every)}
        gone = {rule for rule, own in names.items() if command == "clear" or not meant.isdisjoint(own)}
        return Locks(tuple(rule for rule in locks.added if rule not in gone), locks.dropped | gone)
    sign = "!" if command == "exclude" else ""
    new = [word for word in words if not _matching(word, every)]
    raw = options.has("raw")
    specs = new if raw else [it for word in new for it in _specs(world, word, installed=not sign)]
    added = dict.fromkeys((*locks.added, *(f"{sign}{spec}" for spec in specs)))
    return replace(locks, added=tuple(added)[:MOST_RULES])


def _specs(world: World, word: str, *, installed: bool) -> Iterator[str]:
    """The versions that a word names; with ``installed`` those that are, where it names such."""
    found, _ = by_nevra(world, word)
    own = [one for one in found if one.isinstalled()] if installed else []
    for one in own or found:
        epoch, _, bare = one.evr.rpartition(":")
        yield f"{one.name}-{epoch or '0'}:{bare}.*"


def _names(rule: str) -> list[str]:
    """What a rule may be called in a command, as the plugin compares them."""
    rule = rule.removeprefix("!")
    split = _RULE.fullmatch(rule)
    if not split:
        return [rule]
    name, epoch, version, release, arch = split.groups("")
    return [
        *(rule, name, f"{name}.{arch}", f"{name}-{version}", f"{name}-{version}-{release}"),
        *(f"{name}-{epoch}:{version}", f"{name}-{version}-{release}.{arch}"),
        *(f"{name}-{epoch}:{version}-{release}", f"{epoch}:{name}-{version}-{release}.{arch}"),
    ]


def _matching(word: str, names: AbstractSet[str]) -> AbstractSet[str]:
    """The names that a word means: one without a glob is looked up, since there may be thousands."""
    if _GLOBS.isdisjoint(word):
        return names & {word}
    return {name for name in names if fnmatchcase(name, word)}
