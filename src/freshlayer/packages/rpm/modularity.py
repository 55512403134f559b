"""Modules: which streams are active, and which packages they hide. As dnf does it, by libsolv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import solv
from msgspec import Struct

from freshlayer.model.packages import Index
from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm.configuration import Configuration
from freshlayer.packages.rpm.ini import sections
from freshlayer.packages.rpm.modulemd import Default, Stream, modules_of
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.world import World

States = Mapping[str, str | None]
"""Module → the stream that is enabled; None where it is disabled. A module without a state is missing."""

_STATES = "/etc/dnf/modules.d/"


def states_of(files: Mapping[str, str]) -> dict[str, str | None]:
    """The states in the files of a base."""
    found: dict[str, str | None] = {}
    for path in sorted(files):
        if path.startswith(_STATES) and path.endswith(".module"):
            for name, values in sections(files[path]).items():
                state = values.get("state", "")
                if state in {"enabled", "disabled"}:
                    found[name] = values.get("stream", "") if state == "enabled" else None
    return found


class Known(Struct):
    """The streams of all repositories, and the indexes with their packages."""

    streams: list[tuple[Stream, Index]]
    defaults: dict[str, Default]

    def packages(self, streams: Iterable[tuple[Stream, Index]]) -> set[str]:
        """name-version-release.arch of the packages of streams."""
        found: set[str] = set()
        for stream, index in streams:
            found.update((index.get(f"packages:{stream.place}") or b"").decode().split("\n"))
        return found - {""}


def known_modules(configuration: Configuration, indexes: Indexes) -> Known:
    """What the repositories state of modules."""
    known = Known([], {})
    for repository in configuration.repositories:
        index = indexes.index(repository, "modules")
        if index is None or isinstance(index, Reason):
            continue
        found = modules_of(index.get("modules"))
        known.streams += [(stream, index) for stream in found.streams]
        for default in found.defaults:
            before = known.defaults.get(default.name)
            if before is None or default.modified > before.modified:
                known.defaults[default.name] = default
    return known


def active(
    known: Known, states: States, configuration: Configuration, arch: str
) -> list[tuple[Stream, Index]]:
    """The streams that are active: those enabled, the defaults, and what they require."""
    pool, found = _pool(known, states, configuration, arch)
    wanted: dict[str, bool] = {}
    for stream, _ in known.streams:
        enabled = states.get(stream.name, "")
        default = known.defaults.get(stream.name)
        if enabled == stream.stream:
            wanted[_feature(stream.name, stream.stream)] = True
        elif stream.name not in states and default is not None and default.stream == stream.stream:
            wanted[_feature(stream.name, stream.stream)] = False
    for weak, best in ((False, True), (True, True), (True, False)):
        solver = pool.Solver()
        _set(solver)
        if not solver.solve(
            [_job(pool, name, needed, weak=weak, best=best) for name, needed in wanted.items()]
        ):
            chosen = {one.id for one in solver.transaction().newsolvables()}
            return [found[one] for one in sorted(chosen)]
    return []


def _set(solver: solv.Solver) -> None:
    solver.set_flag(solv.Solver.SOLVER_FLAG_ALLOW_VENDORCHANGE, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_KEEP_ORPHANS, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_BEST_OBEY_POLICY, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_YUM_OBSOLETES, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_ALLOW_DOWNGRADE, 1)


def _job(pool: solv.Pool, name: str, needed: bool, *, weak: bool, best: bool) -> solv.Job:  # noqa: FBT001
    how = solv.Job.SOLVER_SOLVABLE_PROVIDES | solv.Job.SOLVER_INSTALL
    how |= solv.Job.SOLVER_WEAK if weak and not needed else 0
    how |= solv.Job.SOLVER_FORCEBEST if best else 0
    return pool.Job(how, pool.str2id(name))


def _feature(name: str, stream: str = "") -> str:
    return f"module({name}:{stream})" if stream else f"module({name})"


def _pool(
    known: Known, states: States, configuration: Configuration, arch: str
) -> tuple[solv.Pool, dict[int, tuple[Stream, Index]]]:
    """A pool of streams: a module conflicts with its other streams."""
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch(arch)
    repo, system = pool.add_repo("modules"), pool.add_repo("@System")
    found: dict[int, tuple[Stream, Index]] = {}
    for stream, index in known.streams:
        if states.get(stream.name, "") is not None:
            found[_added(pool, repo, stream)] = stream, index
    name, _, stream_name = configuration.platform.partition(":")
    if stream_name:
        _added(pool, system, Stream(name, stream_name, 0, "", "", "noarch", 0))
    pool.installed = system
    pool.createwhatprovides()
    return pool, found


def _added(pool: solv.Pool, repo: solv.Repo, stream: Stream) -> int:
    one = repo.add_solvable()
    one.name, one.evr = f"{stream.name}:{stream.stream}:{stream.likeness}", str(stream.version)
    one.arch = stream.arch
    features = [_feature(stream.name), _feature(stream.name, stream.stream)]
    for text in (*features, f"{one.name} = {one.evr}"):
        name, _, version = text.partition(" = ")
        dep = pool.str2id(name)
        dep = pool.rel2id(dep, pool.str2id(version), solv.REL_EQ) if version else dep
        one.add_deparray(solv.SOLVABLE_PROVIDES, dep)
    one.add_deparray(solv.SOLVABLE_CONFLICTS, pool.str2id(features[0]))
    for name, streams in stream.requires.items():
        for other in streams:
            if other.startswith("-"):
                one.add_deparray(solv.SOLVABLE_CONFLICTS, pool.str2id(_feature(name, other[1:])))
        texts = [_feature(name, other) for other in streams if not other.startswith("-")]
        one.add_deparray(solv.SOLVABLE_REQUIRES, _one_of(pool, texts or [_feature(name)]))
    return int(one.id)


def _one_of(pool: solv.Pool, texts: Sequence[str]) -> int:
    found = pool.str2id(texts[0])
    for text in texts[1:]:
        found = pool.rel2id(found, pool.str2id(text), solv.REL_OR)
    return int(found)


def hidden(
    world: World, known: Known, chosen: list[tuple[Stream, Index]], configuration: Configuration
) -> set[int]:
    """The packages that modules hide: those of other streams, and others of the names of active ones."""
    if not known.streams:
        return set()
    places = {(id(index), stream.place) for stream, index in chosen}
    own = known.packages(chosen)
    others = known.packages(one for one in known.streams if (id(one[1]), one[0].place) not in places) - own
    names = {text.rpartition("-")[0].rpartition("-")[0] for text in own}
    out: set[int] = set()
    for repository in configuration.repositories:
        repo = world.repositories.get(repository.id)
        if repo is not None and not repository.hotfixes:
            for one in repo.solvables:
                text = str(one)
                if text in others or (text not in own and one.name in names):
                    out.add(one.id)
    return out | _providers(world, names, own, configuration)


def _providers(world: World, names: set[str], own: set[str], configuration: Configuration) -> set[int]:
    """The packages of other names that provide a name of an active stream."""
    free = {one.id for one in configuration.repositories if one.hotfixes}
    return {
        one.id
        for name in names
        if (identifier := world.pool.str2id(name, False))
        for one in world.pool.whatprovides(identifier)
        if not one.isinstalled() and one.repo.name not in free and str(one) not in own
    }
