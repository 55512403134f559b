"""Security updates: what updateinfo states of versions."""

from __future__ import annotations

from collections.abc import Iterable

import solv
from msgspec.structs import replace

from freshlayer.model.packages import ChosenPackage
from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.updateinfo import updates_of


def updates(repositories: Iterable[Repository], indexes: Indexes, kind: str) -> dict[str, list[str]]:
    """name.arch → the versions that updates of a kind bring, in all repositories."""
    found: dict[str, list[str]] = {}
    for repository in repositories:
        index = indexes.index(repository, "updateinfo")
        if index is not None and not isinstance(index, Reason):
            for name, versions in updates_of(index.get(kind)).items():
                found.setdefault(name, []).extend(versions)
    return found


def with_security(
    packages: list[ChosenPackage], repositories: Iterable[Repository], indexes: Indexes
) -> list[ChosenPackage] | None:
    """The packages, those marked that bring a security update: of their version or of one before it.

    A later version takes the place of an update in its repository, and brings it all the same. None where no
    repository states which updates are about security.
    """
    read = tuple(repositories)
    answers = [indexes.index(one, "updateinfo") for one in read]
    if all(answer is None or isinstance(answer, Reason) for answer in answers):
        return None
    found = updates(read, indexes, "security")
    versions = Versions()
    return [
        replace(one, security=any(_brings(versions, one, version) for version in found.get(_key(one), ())))
        for one in packages
    ]


def _key(one: ChosenPackage) -> str:
    return f"{one.name}.{one.purl.partition('arch=')[2].partition('&')[0]}"


def _brings(versions: Versions, one: ChosenPackage, version: str) -> bool:
    """Whether a package is at a version or above it, and the one that it replaces is below."""
    below = not one.before or versions.compare(version, one.before) > 0
    return below and versions.compare(version, one.version) <= 0


class Versions:
    """The order of versions, as rpm has it."""

    def __init__(self) -> None:
        self._pool = solv.Pool()
        self._pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        repo = self._pool.add_repo("versions")
        self._one, self._other = repo.add_solvable(), repo.add_solvable()

    def compare(self, first: str, second: str) -> int:
        """Less than zero, zero, or more."""
        self._one.evr, self._other.evr = first, second
        return int(self._one.evrcmp(self._other))
