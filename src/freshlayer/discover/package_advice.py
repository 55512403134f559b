"""Advice on commands of package managers: lists that grow old in a layer, and upgrades of the base. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from freshlayer.model.inputs import Advice
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun

_UPGRADES = frozenset({PackageAction.UPGRADE, PackageAction.DIST_UPGRADE})
_INSTALLS = frozenset({PackageAction.INSTALL, PackageAction.BUILD_DEP})


def advise_on_packages(
    chains: Iterable[PackageChain], silent: frozenset[int] = frozenset()
) -> tuple[Advice, ...]:
    """Where lists of packages are read in an instruction of their own, and where the base is upgraded."""
    found = [item for chain in chains for item in (*_stale_lists(chain), *_upgrades(chain))]
    return tuple(dict.fromkeys(item for item in found if item.line not in silent))


def _stale_lists(chain: PackageChain) -> Iterator[Advice]:
    """``RUN apt-get update``, then ``RUN apt-get install``: the second reads what the first has cached."""
    updated: dict[str, tuple[PackageRun, PackageCommand]] = {}
    for run in chain.runs:
        here = {command.manager for command in run.commands if command.updates}
        for command in run.commands:
            update, read = updated.get(command.manager, (None, None))
            if command.action in _INSTALLS and command.manager not in here and update and read:
                yield Advice(
                    update.line,
                    f"{read.text} is in a RUN of its own, and line {run.line} installs from lists that can"
                    f" be as old as that layer; better: RUN {read.text} && {command.text} in one instruction",
                )
                updated.pop(command.manager)
        alone = all(command.action is PackageAction.UPDATE for command in run.commands)
        for command in run.commands if alone else ():
            updated[command.manager] = run, command
        if not alone:
            updated = {name: found for name, found in updated.items() if name not in here}


def needed_upgrades(chains: Iterable[PackageChain], upgrading: Container[int]) -> Iterator[Advice]:
    """The advice on upgrades that bring what the base image lacks.

    ``upgrading``: the numbers of the instructions that replace packages now.
    """
    for chain in chains:
        for advice in _upgrades(chain):
            if any(run.number in upgrading for run in chain.runs if run.line <= advice.line):
                yield advice


def _upgrades(chain: PackageChain) -> Iterator[Advice]:
    """An upgrade of what a base image has that is watched itself."""
    if chain.base[0] in {"", "scratch"}:
        return
    for run in chain.runs:
        for command in run.commands:
            if command.action in _UPGRADES and not command.words:
                yield Advice(
                    run.line,
                    f"{command.text} upgrades the packages of the base image, which is watched itself;"
                    " without it, the image has what a newer base image brings, and the layer is smaller",
                )
                return
