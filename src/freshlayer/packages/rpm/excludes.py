"""The packages that a configuration leaves out."""

from __future__ import annotations

from freshlayer.packages.rpm.configuration import Configuration
from freshlayer.packages.rpm.words import by_nevra
from freshlayer.packages.rpm.world import World


def hidden_by_names(world: World, configuration: Configuration) -> set[int]:
    """The packages that ``exclude`` and ``includepkgs`` leave out, of all repositories and of single ones."""
    out: set[int] = set()
    for pattern in configuration.exclude:
        out |= {one.id for one in by_nevra(world, pattern)[0]}
    if configuration.include:
        kept = {one.id for pattern in configuration.include for one in by_nevra(world, pattern)[0]}
        out |= set(world.everything()) - kept
    for repository in configuration.repositories:
        repo = world.repositories.get(repository.id)
        if repo is None or not (repository.exclude or repository.include):
            continue
        own = {one.id for one in repo.solvables}
        out |= own & {one.id for pattern in repository.exclude for one in by_nevra(world, pattern)[0]}
        if repository.include:
            out |= own - {one.id for pattern in repository.include for one in by_nevra(world, pattern)[0]}
    return out
