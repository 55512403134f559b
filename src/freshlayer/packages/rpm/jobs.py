"""A command → the jobs that its program gives to the solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import solv
from msgspec import Struct

from freshlayer.packages.rpm.configuration import Configuration
from freshlayer.packages.rpm.words import Match, is_path, match
from freshlayer.packages.rpm.world import World, is_glob

_SELECTED = solv.Job.SOLVER_SOLVABLE_ONE_OF | solv.Job.SOLVER_SETARCH | solv.Job.SOLVER_SETEVR


class Request(Struct):
    """Jobs, and what they come from. ``words``: identifier → the word that names the package."""

    jobs: list[solv.Job]
    words: dict[int, str]
    missing: list[str]

    def name(self, word: str, packages: Iterable[int]) -> None:
        """Note that a word names packages; the first word counts."""
        for identifier in packages:
            self.words.setdefault(identifier, word)


def nothing() -> Request:
    """No jobs."""
    return Request([], {}, [])


def selection(world: World, identifiers: Iterable[int], how: int) -> solv.Job:
    """A job that is about one of several packages."""
    return world.pool.Job(_SELECTED | how, world.pool.towhatprovides(list(identifiers)))


def install(world: World, configuration: Configuration, words: Iterable[str], request: Request) -> None:
    """``install``, of names, versions, capabilities and paths."""
    for word in words:
        found = match(world, word)
        # zypper looks up no files: they count only where a package states that it provides them.
        if not found.packages or (is_path(word) and configuration.program == "zypper"):
            request.missing.append(word)
        elif configuration.program in {"zypper", "tdnf"}:
            _install_best(world, word, found, request)
        else:
            for group in _groups(configuration, word, found):
                ids = _with_obsoleters(world, group, found)
                request.jobs.append(selection(world, ids, solv.Job.SOLVER_INSTALL))
                request.name(word, ids)


def _groups(configuration: Configuration, word: str, found: Match) -> Iterator[list[solv.XSolvable]]:
    """The packages of each selector: one for a name, several for a glob."""
    if not (
        configuration.all_architectures or found.arch_pattern or (is_glob(word) and found.form != "file")
    ):
        yield found.packages
        return
    by_architecture = configuration.all_architectures or found.arch_pattern
    available = {one.nameid for one in found.packages if not one.isinstalled()}
    groups: dict[tuple[int, int], list[solv.XSolvable]] = {}
    for one in found.packages:
        if one.nameid in available:
            key = (one.nameid, one.archid if by_architecture else 0)
            groups.setdefault(key, []).append(one)
    yield from groups.values()


def _with_obsoleters(world: World, packages: list[solv.XSolvable], found: Match) -> list[int]:
    ids = [one.id for one in packages]
    extra = world.obsoleters(packages) if found.form == "name" else []
    return list(dict.fromkeys([*ids, *extra]))


def _install_best(world: World, word: str, found: Match, request: Request) -> None:
    """For zypper and tdnf: the best candidate itself; for a capability, any package that provides it."""
    ids = [one.id for one in found.packages]
    request.name(word, ids)
    if found.form == "provides":
        request.jobs.append(selection(world, ids, solv.Job.SOLVER_INSTALL))
        return
    for best in _best_of_each_name(world, found.packages):
        how = solv.Job.SOLVER_SOLVABLE | solv.Job.SOLVER_INSTALL
        request.jobs.append(world.pool.Job(how, best.id))


def _best_of_each_name(world: World, packages: list[solv.XSolvable]) -> Iterator[solv.XSolvable]:
    """By priority, architecture and version; an installed one where nothing is better."""
    groups: dict[int, list[solv.XSolvable]] = {}
    for one in packages:
        groups.setdefault(one.nameid, []).append(one)
    for group in groups.values():
        available = [one for one in group if not one.isinstalled()]
        best = max((one.repo.priority for one in available), default=0)
        top = [one for one in group if one.isinstalled() or one.repo.priority == best]
        own = [one for one in top if one.arch in {world.arch, "noarch"}]
        yield _newest(own or top)


def _newest(packages: list[solv.XSolvable]) -> solv.XSolvable:
    newest = packages[0]
    for one in packages[1:]:
        order = one.evrcmp(newest)
        if order > 0 or (order == 0 and one.isinstalled()):
            newest = one
    return newest


def upgrade(world: World, words: Iterable[str], request: Request, *, targeted: frozenset[int] | None) -> None:
    """``upgrade`` and ``update``. ``targeted``: the packages that may be chosen, where not all may."""
    named = list(words)
    if not named:
        _upgrade(world, world.everything(), request, targeted)
    for word in named:
        found = match(world, word)
        if not found.packages:
            request.missing.append(word)
            continue
        installed = {one.nameid for one in world.many(world.installed)}
        ids = [one.id for one in found.packages if one.nameid in installed]
        if found.form == "name":
            ids += world.obsoleters(one for one in found.packages if one.nameid in installed)
        request.name(word, ids)
        _upgrade(world, ids, request, targeted)


def _upgrade(world: World, ids: Iterable[int], request: Request, targeted: frozenset[int] | None) -> None:
    """The installed packages are in the selection, so that libsolv reinstalls none of them."""
    chosen = [one for one in ids if targeted is None or one in targeted]
    names = {world.one(one).nameid for one in chosen}
    own = [one.id for one in world.many(world.installed) if one.nameid in names]
    if chosen:
        request.jobs.append(selection(world, dict.fromkeys([*chosen, *own]), solv.Job.SOLVER_UPDATE))


def synchronize(world: World, words: Iterable[str], request: Request) -> None:
    """``distro-sync`` and ``zypper dup``."""
    named = list(words)
    if not named:
        how = solv.Job.SOLVER_DISTUPGRADE | solv.Job.SOLVER_SOLVABLE_ALL
        request.jobs.append(world.pool.Job(how, 0))
    for word in named:
        ids = [one.id for one in match(world, word).packages if not one.isinstalled()]
        _select(world, word, ids, solv.Job.SOLVER_DISTUPGRADE, request)


def reinstall(world: World, words: Iterable[str], request: Request) -> None:
    """``reinstall``: the same version from a repository."""
    for word in words:
        found = match(world, word).packages
        own = {(one.nameid, one.evrid, one.archid) for one in found if one.isinstalled()}
        ids = [
            one.id for one in found if not one.isinstalled() and (one.nameid, one.evrid, one.archid) in own
        ]
        _select(world, word, ids, solv.Job.SOLVER_INSTALL, request)


def _select(world: World, word: str, ids: list[int], how: int, request: Request) -> None:
    """One of these packages, for a word; a word without any is missing."""
    if ids:
        request.jobs.append(selection(world, ids, how))
        request.name(word, ids)
    else:
        request.missing.append(word)


def remove(world: World, words: Iterable[str], request: Request) -> None:
    """``remove``: what is not installed is not removed."""
    for word in words:
        for one in match(world, word).packages:
            if one.isinstalled():
                how = solv.Job.SOLVER_SOLVABLE | solv.Job.SOLVER_ERASE
                request.jobs.append(world.pool.Job(how, one.id))
