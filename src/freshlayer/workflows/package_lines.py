"""The commands of a Dockerfile that choose packages, for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    READS_NOTHING,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageLine,
)

_NOT_CHOOSING = READS_NOTHING | {PackageAction.UPDATE}


def _chooses(command: PackageCommand) -> bool:
    """``apt-get install -f`` names nothing."""
    return bool(command.words) or command.action is not PackageAction.INSTALL


def package_lines(chains: Iterable[PackageChain]) -> Iterator[PackageLine]:
    """The commands that choose packages, each line once for all platforms."""
    runs = [run for chain in chains for run in chain.runs]
    for run in {(run.number, run.policy): run for run in runs}.values():
        if run.policy is PackagePolicy.OFF:
            continue
        choosing = [
            it for it in run.commands if it.action not in _NOT_CHOOSING and not it.unknown and _chooses(it)
        ]
        for program in dict.fromkeys(command.program for command in choosing):
            words = (word for command in choosing if command.program == program for word in command.words)
            yield PackageLine(run.line, program, tuple(dict.fromkeys(words)))
