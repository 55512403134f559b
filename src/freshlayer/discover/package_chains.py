"""The package commands of the stages that continue each other, from the base image on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from freshlayer.dockerfile.model import Instruction, Stage, is_trigger
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain, PackageCommand, PackageRun

Packages = Mapping[int, tuple[PackageCommand, ...]]
Triggers = Mapping[int, tuple[Instruction, ...]]
"""Stage number → the ONBUILD triggers that run behind its FROM. No key can take part in them."""

_NUMBER = attrgetter("number")

Images = Mapping[int, tuple[str, str]]
"""Stage number → (reference, platform) of the image that its FROM names."""


def package_chains(
    stages: Iterable[Stage],
    parents: Mapping[int, Stage | None],
    packages: Packages,
    images: Images,
    triggers: Triggers,
) -> tuple[PackageChain, ...]:
    """The longest chains: what a stage installs is in those of the stages that continue it."""
    if not packages:
        return ()
    runs = {stage.number: (*triggers.get(stage.number, ()), *stage.instructions) for stage in stages}
    chains = list(_chains(stages, parents, packages, images, runs))
    if len(chains) == 1:
        return tuple(chains)
    return tuple(
        chain
        for place, chain in enumerate(chains)
        if not any(_begins(it, chain) for it in chains[place + 1 :])
    )


def _chains(
    stages: Iterable[Stage],
    parents: Mapping[int, Stage | None],
    packages: Packages,
    images: Images,
    instructions: Triggers,
) -> Iterator[PackageChain]:
    for stage in stages:
        if packages.keys().isdisjoint(map(_NUMBER, instructions[stage.number])):
            continue
        continued = [stage]
        while (parent := parents.get(continued[-1].number)) is not None:
            continued.append(parent)
        key = images[continued[-1].number]
        architecture = "".join(key[1].split("/")[1:2])
        runs = [
            _run(it, packages[it.number], architecture)
            for one in reversed(continued)
            for it in instructions[one.number]
            if it.number in packages
        ]
        yield PackageChain(key, tuple(runs))


def _begins(longer: PackageChain, chain: PackageChain) -> bool:
    return longer.base == chain.base and longer.runs[: len(chain.runs)] == chain.runs


def _run(it: Instruction, commands: tuple[PackageCommand, ...], architecture: str) -> PackageRun:
    policy = PackagePolicy.OFF if is_trigger(it) else PackagePolicy.CLOSURE
    return PackageRun(it.number, it.line, commands, policy, architecture)
