"""Pools of libsolv that commands share: what a pool takes to load is many times what a command takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from msgspec import Struct

from freshlayer.model.base_image import InstalledRpm
from freshlayer.model.packages import Index
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.world import World

_MOST = 4
"""Pools that are kept; ``bench/packages_rpm.py`` prints what one takes."""


class _Key(Struct, frozen=True):
    """What a world is made of. ``read``: identifier, priority, cost and content of each repository."""

    architecture: str
    read: tuple[tuple[str, int, int, str], ...]
    installed: tuple[InstalledRpm, ...]
    paths: tuple[str, ...]
    multilib: bool


_WORLDS: WeakKeyDictionary[Index, tuple[_Key, World]] = WeakKeyDictionary()
"""The first index of a world → what it was last made of, for as long as a run has that index open."""


def world_of(
    architecture: str,
    read: Iterable[tuple[Repository, Index]],
    installed: Sequence[InstalledRpm],
    paths: Sequence[str],
    *,
    multilib: bool,
) -> World:
    """The last world of the same, if nothing was left out of it or added to it; else a new one.

    It is used by one command at a time. Raises ValueError for an index that libsolv does not read.
    """
    pairs = tuple(read)
    contents = tuple((it.id, it.priority, it.cost, index.digest) for it, index in pairs)
    key = _Key(architecture, contents, tuple(installed), tuple(paths), multilib)
    known = _WORLDS.get(pairs[0][1]) if pairs else None
    if known and known[0] == key and not known[1].changed:
        return known[1]
    if known:
        del _WORLDS[pairs[0][1]]
    world = World(architecture, pairs, installed, paths, multilib=multilib)
    if pairs:
        _keep(pairs[0][1], key, world)
    return world


def _keep(index: Index, key: _Key, world: World) -> None:
    if len(_WORLDS) >= _MOST:
        _WORLDS.clear()
    _WORLDS[index] = key, world
