"""Commands about modules: which streams they enable, and the packages of the profiles that they install."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import solv
from msgspec import Struct

from freshlayer.model.packages import Index, PackageAction
from freshlayer.packages.rpm import jobs
from freshlayer.packages.rpm.modularity import Known, States
from freshlayer.packages.rpm.modulemd import Stream
from freshlayer.packages.rpm.steps import Step
from freshlayer.packages.rpm.world import World

_ENABLING = frozenset({"enable", "install", "switch-to"})


class Specification(Struct, frozen=True):
    """``name:stream/profile``, as typed in ``word``."""

    word: str
    name: str
    stream: str = ""
    profile: str = ""


class Change(Struct):
    """What a command does to modules. ``groups``: words with ``@`` that name no module."""

    states: dict[str, str | None]
    installed: list[Specification]
    groups: list[str]
    missing: list[str]
    names: list[str]


def change(step: Step, known: Known, states: States) -> Change:
    """Read the words of a command that are about modules."""
    found = Change(dict(states), [], [], [], [])
    module = step.command.action is PackageAction.MODULE
    verb = step.options.last("module") if module else "install"
    words = step.command.words if module else step.groups
    for word in words:
        specification = _specification(word)
        streams = [one for one, _ in known.streams if one.name == specification.name]
        given = not specification.stream or any(one.stream == specification.stream for one in streams)
        if step.command.action is PackageAction.GROUP_INSTALL or not (streams and given):
            (found.missing if module else found.groups).append(word)
        else:
            _apply(found, specification, verb, known)
    return found


def _specification(word: str) -> Specification:
    bare, _, profile = word.removeprefix("@").partition("/")
    name, _, rest = bare.partition(":")
    return Specification(word, name, rest.partition(":")[0], profile)


def _apply(found: Change, one: Specification, verb: str, known: Known) -> None:
    found.names.append(one.name)
    if verb == "reset":
        found.states.pop(one.name, None)
    elif verb == "disable":
        found.states[one.name] = None
    elif verb in _ENABLING:
        stream = one.stream or found.states.get(one.name) or _default(known, one.name)
        if not stream:
            found.missing.append(one.word)
            return
        found.states[one.name] = stream
        if verb == "install" or (verb == "switch-to" and one.profile):
            found.installed.append(Specification(one.word, one.name, stream, one.profile))


def _default(known: Known, name: str) -> str:
    """The default stream; without one, the only stream that there is."""
    if (default := known.defaults.get(name)) and default.stream:
        return default.stream
    streams = {one.stream for one, _ in known.streams if one.name == name}
    return next(iter(streams)) if len(streams) == 1 else ""


def install_profiles(
    world: World,
    known: Known,
    active: Iterable[tuple[Stream, Index]],
    wanted: Iterable[Specification],
    request: jobs.Request,
) -> None:
    """The jobs for the packages of profiles: those of the stream, where it has them."""
    chosen = list(active)
    for one in wanted:
        streams = [item for item in chosen if (item[0].name, item[0].stream) == (one.name, one.stream)]
        names = _profile(known, one, streams)
        if names is None:
            request.missing.append(f"@{one.word.removeprefix('@')}")
            continue
        own = known.packages(streams)
        for name in names:
            packages = world.named(name)
            of_stream = [item for item in packages if str(item) in own]
            ids = [item.id for item in of_stream or packages]
            if ids:
                request.jobs.append(jobs.selection(world, ids, solv.Job.SOLVER_INSTALL))
                request.name(one.word, ids)


def _profile(known: Known, one: Specification, streams: Sequence[tuple[Stream, Index]]) -> list[str] | None:
    """The packages of the profile that is named, or of the default profiles; None where there is none."""
    if not streams:
        return None
    newest = max((stream for stream, _ in streams), key=lambda stream: stream.version)
    default = known.defaults.get(one.name)
    names = (one.profile,) if one.profile else (default.profiles.get(one.stream, ()) if default else ())
    found = [package for name in names for package in newest.profiles.get(name, ())]
    missing = not names or any(name not in newest.profiles for name in names)
    return None if missing else list(dict.fromkeys(found))


def switch(world: World, known: Known, before: set[str], names: Iterable[str], request: jobs.Request) -> None:
    """The jobs of ``switch-to``: installed packages of the module follow its new stream.

    ``before``: the names of the packages of the streams that were active.
    """
    modules = set(names)
    own = known.packages(one for one in known.streams if one[0].name in modules)
    every = before | {text.rpartition("-")[0].rpartition("-")[0] for text in own}
    for name in sorted({package.name for package in world.installed.values()} & every):
        packages = world.named(name)
        if any(not one.isinstalled() for one in packages):
            ids = [one.id for one in packages]
            request.jobs.append(jobs.selection(world, ids, solv.Job.SOLVER_DISTUPGRADE))
