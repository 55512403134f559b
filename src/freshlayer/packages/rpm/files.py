"""The complete lists of files: read only where a file is wanted that the index of packages does not list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import solv

from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.identity import digest_of
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.world import World


def add_provides(
    world: World, paths: Sequence[str], repositories: Iterable[Repository], indexes: Indexes
) -> None:
    """Let the packages of a world provide the files that they have."""
    for repository in repositories:
        index = indexes.index(repository, "filelists")
        if index is None or isinstance(index, Reason) or repository.id not in world.repositories:
            continue
        pool = solv.Pool()
        pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        lists = pool.add_repo(repository.id)
        with index.open("solv") as content:
            file = solv.xfopen_fd("index.solv", content.fileno(), "r")
            lists.add_solv(file)
            file.close()
        _add(world, world.repositories[repository.id], {path: _owners(lists, path) for path in paths})
    world.ready()


def _owners(lists: solv.Repo, path: str) -> set[str]:
    """The digests of the packages that have a file."""
    flags = solv.Dataiterator.SEARCH_STRING | solv.Dataiterator.SEARCH_FILES
    flags |= solv.Dataiterator.SEARCH_COMPLETE_FILELIST
    return {digest_of(match.solvable) for match in lists.Dataiterator(solv.SOLVABLE_FILELIST, path, flags)}


def _add(world: World, repo: solv.Repo, owners: dict[str, set[str]]) -> None:
    every = set().union(*owners.values()) - {""}
    if not every:
        return
    for one in repo.solvables:
        if (digest := digest_of(one)) in every:
            for path, digests in owners.items():
                if digest in digests:
                    one.add_deparray(solv.SOLVABLE_PROVIDES, world.pool.str2id(path))
