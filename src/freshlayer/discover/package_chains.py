"""The package commands of the stages that continue each other, from the base image on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from freshlayer.dockerfile import Stage
from freshlayer.model.packages import PackageChain, PackageCommand, PackageRun

Packages = Mapping[int, tuple[PackageCommand, ...]]
Images = Mapping[int, tuple[str, str]]
"""Stage number → (reference, platform) of the image that its FROM names."""


def package_chains(
    stages: Iterable[Stage], parents: Mapping[int, Stage | None], packages: Packages, images: Images
) -> tuple[PackageChain, ...]:
    """The longest chains: what a stage installs is in those of the stages that continue it."""
    chains = list(_chains(stages, parents, packages, images))
    return tuple(
        chain
        for place, chain in enumerate(chains)
        if not any(_begins(it, chain) for it in chains[place + 1 :])
    )


def _chains(
    stages: Iterable[Stage], parents: Mapping[int, Stage | None], packages: Packages, images: Images
) -> Iterator[PackageChain]:
    for stage in stages:
        if not any(packages.get(it.number) for it in stage.instructions):
            continue
        continued = [stage]
        while (parent := parents.get(continued[-1].number)) is not None:
            continued.append(parent)
        key = images[continued[-1].number]
        architecture = "".join(key[1].split("/")[1:2])
        runs = (run for one in reversed(continued) for run in _runs(one, packages, architecture))
        yield PackageChain(key, tuple(runs))


def _begins(longer: PackageChain, chain: PackageChain) -> bool:
    return longer.base == chain.base and longer.runs[: len(chain.runs)] == chain.runs


def _runs(stage: Stage, packages: Packages, architecture: str) -> Iterator[PackageRun]:
    for it in stage.instructions:
        if commands := packages.get(it.number):
            yield PackageRun(it.number, it.line, commands, architecture=architecture)
