"""Which packages of each instruction are inputs: by its comment, else by the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.discover.analysis import Analysis
from freshlayer.discover.directives import NO_DIRECTIVES, Directives
from freshlayer.model.inputs import NotWatched
from freshlayer.model.package_policy import PackagePolicy, usual_policy
from freshlayer.model.packages import READS_NOTHING, PackageChain, PackageCommand, PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_OFF = Reason("packages-off")
_OF_BASE = Reason("trigger-of-base")
_IGNORED = Reason("ignored-by-comment")
_IMMUTABLE = Reason("immutable-by-comment")
_LONGEST = 200


def under_policy(analysis: Analysis, settings: Mapping[str, PackagePolicy]) -> Analysis:
    """The analysis with the policy of each run. What is off is listed as accepted.

    ``settings``: manager → policy; the usual one for those that it does not name. A run of several managers
    with different policies becomes one run for each policy.
    """
    directives = analysis.directives
    chains = chains_under_policy(analysis, settings)
    off = [run for chain in chains for run in chain.runs if run.policy is PackagePolicy.OFF]
    closed = {line for line in _lines(analysis) if _has_closure(directives.get(line), settings)}
    known = [it for it in analysis.discovery.not_watched if not _is_of(it, off) and _counts(it, closed)]
    missed = dict.fromkeys(item for run in off for item in _listed(run, directives))
    discovery = replace(analysis.discovery, not_watched=(*known, *missed))
    return replace(analysis, package_chains=chains, discovery=discovery)


def chains_under_policy(
    analysis: Analysis, settings: Mapping[str, PackagePolicy]
) -> tuple[PackageChain, ...]:
    """The chains of ``under_policy``."""
    comments = analysis.directives
    return tuple(
        [
            replace(chain, runs=tuple([it for run in chain.runs for it in _divided(run, comments, settings)]))
            for chain in analysis.package_chains
        ]
    )


_NOT_FOLLOWED = "dependencies-not-followed"


def _lines(analysis: Analysis) -> set[int]:
    return {it.line for it in analysis.discovery.not_watched if it.reason.code == _NOT_FOLLOWED}


def _has_closure(directives: Directives | None, settings: Mapping[str, PackagePolicy]) -> bool:
    """Whether what packages of Python require counts in an instruction."""
    own = directives.packages if directives else None
    return (own or settings.get("pypi", usual_policy("pypi"))) is PackagePolicy.CLOSURE


def _counts(item: NotWatched, closed: Collection[int]) -> bool:
    """Whether it is left out of a closure: of packages that are only named, what they require is no input."""
    return item.reason.code != _NOT_FOLLOWED or item.line in closed


def _divided(
    run: PackageRun, directives: Mapping[int, Directives], settings: Mapping[str, PackagePolicy]
) -> Iterator[PackageRun]:
    comment = directives.get(run.line, NO_DIRECTIVES)
    if run.number < 0:
        yield run
        return
    if comment.ignore or comment.immutable:
        yield replace(run, policy=PackagePolicy.OFF)
        return
    managers = dict.fromkeys(command.manager for command in run.commands)
    policies = {it: comment.packages or settings.get(it, usual_policy(it)) for it in managers}
    for policy in dict.fromkeys(policies.values()):
        commands = tuple(it for it in run.commands if policies[it.manager] is policy)
        yield replace(run, commands=commands, policy=policy)


def _reading(run: PackageRun) -> Iterator[PackageCommand]:
    yield from (command for command in run.commands if command.action not in READS_NOTHING)


def _is_of(item: NotWatched, off: Iterable[PackageRun]) -> bool:
    """Whether it is about packages that are off."""
    of_line = [run for run in off if run.line == item.line]
    return any(item.text == command.text for run in of_line for command in run.commands)


def _listed(run: PackageRun, directives: Mapping[int, Directives]) -> Iterator[NotWatched]:
    """A line for each command of a trigger, one for all of an instruction whose packages are off."""
    commands = list(_reading(run))
    if run.number < 0:
        for command in commands:
            yield NotWatched(run.line, "ONBUILD", command.text, _OF_BASE, script=command.script)
    elif commands:
        comment = directives.get(run.line, NO_DIRECTIVES)
        reason = _IGNORED if comment.ignore else _IMMUTABLE if comment.immutable else _OFF
        text = shown("; ".join(dict.fromkeys(command.text for command in commands)), _LONGEST)
        yield NotWatched(run.line, "RUN", text, reason, accepted=True, script=commands[0].script)
