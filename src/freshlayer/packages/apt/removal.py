"""``apt-get autoremove``: packages that were installed for others, and that no package needs any more."""

from __future__ import annotations

from freshlayer.packages.apt.installed import Installed, Key
from freshlayer.packages.apt.relations import Alternative, Kind, clauses_of

_FOLLOWED = (Kind.PRE_DEPENDS, Kind.DEPENDS, Kind.RECOMMENDS, Kind.SUGGESTS)


def unneeded(installed: Installed) -> list[Key]:
    """The packages to remove. What a package recommends or suggests counts as needed, as it does for apt."""
    open_ = [
        key
        for key, package in installed.packages.items()
        if not package.automatic or package.held or package.record.essential == "yes"
    ]
    needed = set(open_)
    while open_:
        for key in _needs(installed, open_.pop()):
            if key not in needed:
                needed.add(key)
                open_.append(key)
    return [key for key in installed.packages if key not in needed]


def _needs(installed: Installed, key: Key) -> list[Key]:
    record = installed.packages[key].record
    fields = (record.pre_depends, record.depends, record.recommends, record.suggests)
    return [
        found
        for text, kind in zip(fields, _FOLLOWED, strict=True)
        for clause in clauses_of(text, kind)
        for one in clause.alternatives
        for found in _targets(installed, one)
    ]


def _targets(installed: Installed, one: Alternative) -> list[Key]:
    names = [one.name, *installed.providers(one.name)]
    return [
        (package.record.name, package.record.architecture) for name in names for package in installed.of(name)
    ]
