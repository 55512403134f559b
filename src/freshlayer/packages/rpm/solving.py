"""The solver, set as each program sets it."""

from __future__ import annotations

from collections.abc import Iterator

import solv
from msgspec import Struct

from freshlayer.packages.rpm.configuration import Configuration
from freshlayer.packages.rpm.jobs import Request
from freshlayer.packages.rpm.words import by_nevra
from freshlayer.packages.rpm.world import World

_DNF = (
    solv.Solver.SOLVER_FLAG_ALLOW_VENDORCHANGE,
    solv.Solver.SOLVER_FLAG_DUP_ALLOW_VENDORCHANGE,
    solv.Solver.SOLVER_FLAG_KEEP_ORPHANS,
    solv.Solver.SOLVER_FLAG_BEST_OBEY_POLICY,
    solv.Solver.SOLVER_FLAG_YUM_OBSOLETES,
)
_FLAGS = {
    "dnf": _DNF,
    "yum": _DNF,
    "tdnf": (*_DNF, solv.Solver.SOLVER_FLAG_ALLOW_DOWNGRADE, solv.Solver.SOLVER_FLAG_INSTALL_ALSO_UPDATES),
    "zypper": (solv.Solver.SOLVER_FLAG_ALLOW_NAMECHANGE, solv.Solver.SOLVER_FLAG_SPLITPROVIDES),
}


class Solved(Struct):
    """What the solver chose.

    ``problems``: what prevents a solution, as libsolv states it. ``paths``: files that nothing provides.
    """

    new: list[solv.XSolvable]
    kept: list[int]
    problems: list[str]
    paths: list[str]


def solve(
    world: World, configuration: Configuration, request: Request, *, downgrade: bool, erase: bool
) -> Solved:
    """Run the solver. ``downgrade`` and ``erase``: whether packages may be downgraded, or removed."""
    if not request.jobs:
        return Solved([], list(world.installed), [], [])
    solver = world.pool.Solver()
    for flag in _FLAGS[configuration.program]:
        solver.set_flag(flag, 1)
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, int(not configuration.weak))
    solver.set_flag(solv.Solver.SOLVER_FLAG_ALLOW_VENDORCHANGE, int(configuration.vendors))
    if downgrade:
        solver.set_flag(solv.Solver.SOLVER_FLAG_ALLOW_DOWNGRADE, 1)
    if erase:
        solver.set_flag(solv.Solver.SOLVER_FLAG_ALLOW_UNINSTALL, 1)
    problems = solver.solve(_all_jobs(world, configuration, request))
    if problems:
        return Solved([], [], [str(problem) for problem in problems], _paths(problems))
    transaction = solver.transaction()
    kept = {one.id for one in transaction.keptsolvables()}
    return Solved(transaction.newsolvables(), [one for one in world.installed if one in kept], [], [])


def _paths(problems: list[solv.Problem]) -> list[str]:
    """The files that packages require and nothing provides."""
    infos = (rule.info() for problem in problems for rule in problem.findallproblemrules())
    texts = (
        info.dep.str()
        for info in infos
        if info.type == solv.Solver.SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP and info.dep
    )
    return sorted({text for text in texts if text.startswith("/")})


def _all_jobs(world: World, configuration: Configuration, request: Request) -> list[solv.Job]:
    jobs = list(request.jobs)
    if configuration.best:
        for job in jobs:
            job.how |= solv.Job.SOLVER_FORCEBEST
    if configuration.program != "dnf":
        return jobs
    if configuration.weak:
        how = solv.Job.SOLVER_SOLVABLE | solv.Job.SOLVER_EXCLUDEFROMWEAK
        jobs += [world.pool.Job(how, one) for one in sorted(_not_weak(world, configuration))]
    multiple = solv.Job.SOLVER_MULTIVERSION | solv.Job.SOLVER_SOLVABLE_PROVIDES
    for provide in configuration.installonly:
        if name := world.pool.str2id(provide, False):
            jobs.append(world.pool.Job(multiple, name))
    return jobs


def _not_weak(world: World, configuration: Configuration) -> set[int]:
    """The packages that no weak dependency brings: what installed packages recommend and does without."""
    out = {one.id for pattern in configuration.not_weak for one in by_nevra(world, pattern)[0]}
    if configuration.autodetect:
        if world.autodetected is None:
            world.autodetected = {*_unmet_recommends(world), *_known_supplements(world)}
        out |= world.autodetected
    return out - set(world.installed)


def _unmet_recommends(world: World) -> Iterator[int]:
    """What provides a dependency that an installed package recommends, if nothing installed does."""
    seen: set[str] = set()
    for package in world.installed.values():
        for relation in package.recommends:
            name = relation.name
            if name.startswith("(") or name in seen:
                continue
            seen.add(name)
            found = world.pool.whatprovides(world.dependencies.of_text(name))
            if not any(one.isinstalled() for one in found):
                yield from (one.id for one in found)


def _known_supplements(world: World) -> Iterator[int]:
    """The packages of other names that supplement what is installed already."""
    names = {package.name for package in world.installed.values()}
    found: dict[int, list[str]] = {}
    for supplement in world.pool.Dataiterator(solv.SOLVABLE_SUPPLEMENTS):
        found.setdefault(supplement.solvid, []).append(supplement.dep.str())
    for number, texts in found.items():
        one = world.one(number)
        plain = [text for text in texts if not text.startswith("(")]
        if not one.isinstalled() and one.name not in names and any(_is_installed(world, it) for it in plain):
            yield number


def _is_installed(world: World, text: str) -> bool:
    return any(one.isinstalled() for one in world.pool.whatprovides(world.dependencies.of_text(text)))
