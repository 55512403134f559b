"""A pool of libsolv with the repositories that a command reads, and the packages that are installed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import solv

from freshlayer.model.base_image import InstalledRpm
from freshlayer.model.packages import Index
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.system import Dependencies, fill
from freshlayer.packages.rpm.variables import ARCHITECTURES

SOURCES = frozenset({"src", "nosrc"})


class World:
    """What a solver reads. ``installed``: identifier → the package. ``paths``: files that words name.

    ``changed``: whether packages were left out of it, or provides added to it. ``autodetected``: what no weak
    dependency brings, once that is known.
    ``multilib``: whether packages of two architectures may differ in version, as where libsolv is built for
    Fedora and its relatives.
    """

    def __init__(
        self,
        architecture: str,
        read: Iterable[tuple[Repository, Index]],
        installed: Sequence[InstalledRpm],
        paths: Iterable[str] = (),
        *,
        multilib: bool = False,
    ) -> None:
        self.pool = solv.Pool()
        self.pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        self.arch, self.base_arch = ARCHITECTURES.get(architecture, (architecture, architecture))
        self.pool.setarch(self.arch)
        self.pool.set_flag(solv.Pool.POOL_FLAG_IMPLICITOBSOLETEUSESCOLORS, int(multilib))
        self.repositories = {repository.id: self._loaded(repository, index) for repository, index in read}
        system = self.pool.add_repo("@System")
        self.pool.installed = system
        self.dependencies = Dependencies(self.pool)
        for path in paths:
            self.pool.str2id(path)
        self.installed = dict(zip(fill(system, tuple(installed), self.dependencies), installed, strict=True))
        self.ready()
        self.changed = False
        self.autodetected: set[int] | None = None

    def _loaded(self, repository: Repository, index: Index) -> solv.Repo:
        repo = self.pool.add_repo(repository.id)
        repo.priority, repo.subpriority = -repository.priority, -repository.cost
        with index.open("solv") as content:
            file = solv.xfopen_fd("index.solv", content.fileno(), "r")
            read = repo.add_solv(file)
            file.close()
        if not read:
            raise ValueError(f"{repository.id}: {self.pool.errstr or 'libsolv does not read its index'}")
        return repo

    def ready(self) -> None:
        """Look up what provides what, again after a change."""
        self.changed, self.autodetected = True, None
        self.pool.addfileprovides()
        self.pool.createwhatprovides()

    def hide(self, hidden: Iterable[int]) -> None:
        """Leave packages out of everything that follows."""
        if out := set(hidden) - set(self.installed):
            every = (one.id for one in self.pool.solvables)
            self.pool.set_considered_list([one for one in every if one not in out])
            self.ready()

    def one(self, identifier: int) -> solv.XSolvable:
        """A package by its identifier."""
        return self.pool.id2solvable(identifier)

    def many(self, identifiers: Iterable[int]) -> list[solv.XSolvable]:
        """Packages by their identifiers."""
        return [self.pool.id2solvable(identifier) for identifier in identifiers]

    def named(self, pattern: str) -> list[solv.XSolvable]:
        """The packages with a name, or whose name matches a glob; no source packages."""
        if is_glob(pattern):
            return self.selected(pattern, solv.Selection.SELECTION_NAME | solv.Selection.SELECTION_GLOB)
        name = self.pool.str2id(pattern, False)
        found = self.pool.whatprovides(name) if name else []
        return [one for one in found if one.nameid == name and one.arch not in SOURCES]

    def selected(self, pattern: str, flags: int) -> list[solv.XSolvable]:
        """What a selection of libsolv gives, without source packages."""
        found = self.pool.select(pattern, flags).solvables()
        return [one for one in found if one.arch not in SOURCES]

    def everything(self) -> list[int]:
        """All packages that are not hidden, without source packages."""
        source = {self.pool.str2id(arch) for arch in SOURCES}
        return [one.id for one in self.pool.solvables if one.archid not in source and is_seen(one)]

    def obsoleters(self, packages: Iterable[solv.XSolvable]) -> list[int]:
        """The packages that obsolete one of these, by name and version."""
        found: dict[int, None] = {}
        for one in packages:
            others = self.many(self._obsoleting.get(one.nameid, ()))
            if not others:
                continue
            dep = self.pool.Dep(one.name).Rel(solv.REL_EQ, self.pool.Dep(one.evr))
            for other in others:
                if is_seen(other) and other.matchesdep(solv.SOLVABLE_OBSOLETES, dep):
                    found[other.id] = None
        return list(found)

    @cached_property
    def _obsoleting(self) -> dict[int, list[int]]:
        """Name → the packages that obsolete some version of it."""
        found: dict[int, list[int]] = {}
        for one in self.pool.Dataiterator(solv.SOLVABLE_OBSOLETES):
            name = self.pool.str2id(one.dep.str().partition(" ")[0])
            if self.one(one.solvid).arch not in SOURCES:
                found.setdefault(name, []).append(one.solvid)
        return found


def is_seen(one: solv.XSolvable) -> bool:
    """Whether a package is installed or may be."""
    return bool(one.isinstalled() or one.installable())


def is_glob(text: str) -> bool:
    """Whether a text is a pattern."""
    return any(sign in text for sign in "*?[")
