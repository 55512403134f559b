"""Installed packages in a pool of libsolv, and packages of repositories as they are once installed."""

from __future__ import annotations

from typing import Any

import solv

from freshlayer.model.base_image import InstalledRpm, RpmRelation
from freshlayer.packages.rpm.installed import DEPENDENCIES, WEAK_DEPENDENCIES, evr

_KEYS = {kind: getattr(solv, f"SOLVABLE_{kind.upper()}") for kind in DEPENDENCIES + WEAK_DEPENDENCIES}
MOST_PARENTHESES = 400
"""In one dependency."""

_SIGNS = {"<": solv.REL_LT, "=": solv.REL_EQ, ">": solv.REL_GT}


class Dependencies:
    """Dependencies → identifiers of a pool."""

    def __init__(self, pool: solv.Pool) -> None:
        self.pool = pool
        self.known: dict[RpmRelation | str, int] = {}

    def of_relation(self, relation: RpmRelation) -> int:
        """The identifier of a relation; 0 for a malformed one."""
        if (found := self.known.get(relation)) is None:
            found = self.known[relation] = self._made(relation.name, relation.operator, relation.version)
        return found

    def of_text(self, text: str) -> int:
        """The same for ``name``, ``name = version`` and ``(a if b)``."""
        if (found := self.known.get(text)) is None:
            parts = (text,) if text.startswith("(") else text.split(" ")
            name, operator, version = (*parts, "", "")[:3]
            found = self.known[text] = self._made(name, operator, version)
        return found

    def _made(self, name: str, operator: str, version: str) -> int:
        if name.count("(") > MOST_PARENTHESES:
            return 0
        if name.startswith("("):
            rich = self.pool.parserpmrichdep(name)
            return int(rich.id) if rich else 0
        flags = 0
        for sign in operator:
            flags |= _SIGNS.get(sign, 0)
        one, version = int(self.pool.str2id(name)), version.removeprefix("0:")
        return int(self.pool.rel2id(one, self.pool.str2id(version), flags)) if flags and version else one


def fill(repo: solv.Repo, packages: tuple[InstalledRpm, ...], known: Dependencies) -> list[int]:
    """Put packages into a repository of a pool; the identifiers, in order.

    Of their files, those that a text of the pool names become provides: nothing else reads files.
    """
    return [_filled(repo, package, known) for package in packages]


def _filled(repo: solv.Repo, package: InstalledRpm, known: Dependencies) -> int:
    one, pool = repo.add_solvable(), known.pool
    one.name, one.evr, one.arch, one.vendor = package.name, evr(package), package.arch, package.vendor
    one.add_deparray(_KEYS["provides"], known.of_text(f"{package.name} = {evr(package)}"))
    for kind, key in _KEYS.items():
        for relation in getattr(package, kind):
            if not relation.name.startswith("rpmlib(") and (found := known.of_relation(relation)):
                one.add_deparray(key, found)
    for path in package.files:
        if found := pool.str2id(path, False):
            one.add_deparray(_KEYS["provides"], found)
    return int(one.id)


def as_installed(one: solv.XSolvable) -> InstalledRpm:
    """A package of a repository as it is once it is installed."""
    epoch, _, bare = one.evr.rpartition(":")
    version, _, release = bare.rpartition("-")
    relations: dict[str, Any] = {kind: _relations(one, key) for kind, key in _KEYS.items()}
    return InstalledRpm(
        one.name,
        version,
        release,
        one.arch,
        int(epoch) if epoch.isdecimal() else None,
        one.vendor or "",
        files=tuple(files_of(one)),
        **relations,
    )


def files_of(one: solv.XSolvable) -> list[str]:
    """The files of a package that its index lists."""
    search = one.Dataiterator(solv.SOLVABLE_FILELIST, None, solv.Dataiterator.SEARCH_FILES)
    return [match.str for match in search]


def _relations(one: solv.XSolvable, key: int) -> tuple[RpmRelation, ...]:
    texts = (dep.str() for dep in one.lookup_deparray(key, -1))
    return tuple(_relation(text) for text in texts if not text.startswith("/"))


def _relation(text: str) -> RpmRelation:
    if text.startswith("("):
        return RpmRelation(text)
    name, _, rest = text.partition(" ")
    operator, _, version = rest.partition(" ")
    return RpmRelation(name, operator, version)
