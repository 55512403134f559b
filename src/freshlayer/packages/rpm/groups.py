"""Groups of packages → jobs, as dnf makes them."""

from __future__ import annotations

from collections.abc import Iterable

import solv

from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm.comps import Group, Member, groups_of, members
from freshlayer.packages.rpm.configuration import Configuration
from freshlayer.packages.rpm.jobs import Request, selection
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.world import World


def install_groups(
    world: World, words: Iterable[str], configuration: Configuration, request: Request, indexes: Indexes
) -> None:
    """Add the jobs of all groups of a command; a group that is not known is missing."""
    known = _known(configuration, indexes)
    for word in words:
        found = members(word, known, configuration.group_types)
        if found is None:
            request.missing.append(f"@{word}")
            continue
        for member in found:
            _install(world, member, word, request)


def _known(configuration: Configuration, indexes: Indexes) -> list[Group]:
    """The groups of all repositories; those of the same identifier are one."""
    found: dict[tuple[bool, str], Group] = {}
    for repository in configuration.repositories:
        index = indexes.index(repository, "group")
        if index is None or isinstance(index, Reason):
            continue
        for one in groups_of(index.get("groups")):
            key = (one.environment, one.id)
            before = found.get(key)
            found[key] = _merged(before, one) if before else one
    return list(found.values())


def _merged(first: Group, second: Group) -> Group:
    return Group(
        first.id,
        first.name,
        tuple(dict.fromkeys((*first.members, *second.members))),
        tuple(dict.fromkeys((*first.groups, *second.groups))),
        first.environment,
    )


def _install(world: World, member: Member, word: str, request: Request) -> None:
    packages = world.named(member.name)
    if member.base_arch_only:
        packages = [one for one in packages if one.arch == world.base_arch]
    if not packages:
        return
    ids = [one.id for one in packages]
    request.name(f"@{word}", ids)
    if member.requires:
        rich = world.dependencies.of_text(f"({member.name} if {member.requires})")
        how = solv.Job.SOLVER_SOLVABLE_PROVIDES | solv.Job.SOLVER_INSTALL
        request.jobs.append(world.pool.Job(how, rich))
        return
    ids = list(dict.fromkeys([*ids, *world.obsoleters(packages)]))
    request.jobs.append(selection(world, ids, solv.Job.SOLVER_INSTALL))
