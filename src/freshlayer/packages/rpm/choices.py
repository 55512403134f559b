"""One command: words, groups and options → jobs → what the solver chooses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import solv
from msgspec import Struct

from freshlayer.model.base_image import InstalledRpm
from freshlayer.model.packages import Index, PackageAction
from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm import jobs
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.excludes import hidden_by_names
from freshlayer.packages.rpm.files import add_provides
from freshlayer.packages.rpm.groups import install_groups
from freshlayer.packages.rpm.locks import locked_out
from freshlayer.packages.rpm.modularity import States, active, hidden, known_modules
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.security import updates
from freshlayer.packages.rpm.solving import Solved, solve
from freshlayer.packages.rpm.steps import Step
from freshlayer.packages.rpm.streams import change, install_profiles, switch
from freshlayer.packages.rpm.words import is_path
from freshlayer.packages.rpm.world import World
from freshlayer.packages.rpm.worlds import world_of

_CHOOSE = frozenset({PackageAction.INSTALL, PackageAction.GROUP_INSTALL, PackageAction.MODULE})


class Choice(Struct):
    """What a command would do. ``paths``: files of which the packages are not known yet."""

    world: World | None
    request: jobs.Request
    states: States
    new: Sequence[solv.XSolvable] = ()
    kept: Sequence[int] = ()
    problem: Reason | None = None
    paths: Sequence[str] = ()
    notes: Sequence[Reason] = ()


def choose(
    step: Step,
    read: Iterable[tuple[Repository, Index]],
    installed: Sequence[InstalledRpm],
    indexes: Indexes,
    states: States,
    paths: Sequence[str] = (),
    rules: Sequence[str] = (),
) -> Choice:
    """What a command would do. ``paths``: files to look up in the complete lists, which were read.

    ``rules``: of versionlock.
    """
    if step.command.action is PackageAction.BUILD_DEP:
        return Choice(None, jobs.nothing(), states, problem=Reason("packages-of-source"))
    words, files = _words(step)
    try:
        multilib = step.configuration.program in {"dnf", "yum"}
        named = [word for word in words if is_path(word)]
        world = world_of(step.architecture, read, installed, named, multilib=multilib)
    except ValueError as error:
        problem = Reason("package-source-unknown", detail=str(error))
        return Choice(None, jobs.nothing(), states, problem=problem)
    if paths:
        add_provides(world, paths, step.configuration.repositories, indexes)
    request, changed = _request(step, world, words, indexes, states, rules)
    choice = Choice(world, request, changed, notes=[Reason("package-file", word) for word in files])
    if request.missing and not paths and (wanted := [word for word in request.missing if is_path(word)]):
        choice.paths = wanted
        return choice
    choice.problem = _missing(step, request)
    if choice.problem is None:
        _solve(step, choice, world, first=not paths)
    return choice


def _words(step: Step) -> tuple[list[str], list[str]]:
    """The words that name packages of repositories, and those that name files of packages."""
    if step.command.action in {PackageAction.GROUP_INSTALL, PackageAction.MODULE}:
        return [], []
    words = [word for word in step.command.words if not word.startswith("@")]
    files = [word for word in words if word.endswith(".rpm") and "/" in word]
    return [word for word in words if word not in files], files


def _request(
    step: Step,
    world: World,
    words: Sequence[str],
    indexes: Indexes,
    states: States,
    rules: Sequence[str],
) -> tuple[jobs.Request, States]:
    """The jobs of a command, and the states of modules behind it."""
    request = jobs.nothing()
    known = known_modules(step.configuration, indexes)
    changed = change(step, known, states)
    request.missing += [f"@{word.removeprefix('@')}" for word in changed.missing]
    streams = active(known, changed.states, step.configuration, world.arch) if known.streams else []
    out = hidden_by_names(world, step.configuration) | locked_out(world, rules)
    world.hide(out | hidden(world, known, streams, step.configuration))
    _add_jobs(step, world, words, indexes, request)
    if changed.groups:
        install_groups(world, changed.groups, step.configuration, request, indexes)
    install_profiles(world, known, streams, changed.installed, request)
    if step.options.last("module") == "switch-to":
        switch(world, known, set(), changed.names, request)
    return request, changed.states


def _add_jobs(
    step: Step, world: World, words: Sequence[str], indexes: Indexes, request: jobs.Request
) -> None:
    action = step.command.action
    if step.options.has("reinstall"):
        jobs.reinstall(world, words, request)
    elif action is PackageAction.INSTALL:
        removed = [word[1:] for word in words if step.removes(word)]
        jobs.remove(world, removed, request)
        wanted = [step.installs(word) for word in words if not step.removes(word)]
        jobs.install(world, step.configuration, wanted, request)
    elif action is PackageAction.UPGRADE and (words or not step.command.words):
        jobs.upgrade(world, words, request, targeted=_targeted(step, world, indexes))
    elif action is PackageAction.DIST_UPGRADE:
        jobs.synchronize(world, words, request)
    elif action is PackageAction.REMOVE:
        jobs.remove(world, words, request)


def _targeted(step: Step, world: World, indexes: Indexes) -> frozenset[int] | None:
    """The packages that updateinfo names, where only such may be chosen."""
    if not step.updates_only:
        return None
    known = [updates(step.configuration.repositories, indexes, kind) for kind in step.updates_only]
    return frozenset(
        one.id
        for one in world.many(world.everything())
        if any(one.evr in updated.get(f"{one.name}.{one.arch}", ()) for updated in known)
    )


def _missing(step: Step, request: jobs.Request) -> Reason | None:
    """Why a word that nothing matches ends the command, if it does."""
    strict = step.configuration.strict or not request.jobs
    if not request.missing or not strict or step.command.action not in _CHOOSE or step.command.unlisted:
        return None
    if groups := [word for word in request.missing if word.startswith("@")]:
        return Reason("group-not-found", ", ".join(sorted(groups)))
    return Reason("package-not-found", ", ".join(sorted(request.missing)))


def _solve(step: Step, choice: Choice, world: World, *, first: bool) -> None:
    action = step.command.action
    solved = solve(
        world,
        step.configuration,
        choice.request,
        downgrade=action in _CHOOSE,
        erase=action is PackageAction.REMOVE or step.options.has("allowerasing", "force-resolution"),
    )
    choice.new, choice.kept = solved.new, solved.kept
    if solved.problems:
        choice.paths = solved.paths if first and step.configuration.program != "zypper" else ()
        choice.problem = _unsolvable(solved)


def _unsolvable(solved: Solved) -> Reason:
    return Reason("packages-unsolvable", detail="; ".join(solved.problems[:3]))
