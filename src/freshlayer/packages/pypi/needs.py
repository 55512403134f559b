"""What a command and the metadata of files require: a project, with or without its extras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from freshlayer.packages.pypi.known import Known, normal, requirement_of


class Need(Struct, frozen=True):
    """``word``: of the command, if it is in one. With ``extras``, what these add to a project."""

    name: str
    extras: frozenset[str]
    specifier: SpecifierSet
    word: str = ""

    @property
    def key(self) -> str:
        """As pip writes it: ``name[extra,other]``."""
        return f"{self.name}[{','.join(sorted(self.extras))}]" if self.extras else self.name


def provided(extras: Iterable[str]) -> frozenset[str]:
    """The extras that a file has."""
    return frozenset(map(normal, extras))


def needs_of(requirement: Requirement, word: str = "") -> Iterator[Need]:
    """A project, and with its extras what these add."""
    name = normal(requirement.name)
    extras = frozenset(map(normal, requirement.extras))
    yield Need(name, frozenset(), requirement.specifier, word)
    if extras:
        yield Need(name, extras, requirement.specifier, word)


def dependencies(texts: Iterable[str], extras: frozenset[str], known: Known) -> Iterator[Need]:
    """What Requires-Dist requires. With ``extras``, what these require beside it."""
    for text in texts:
        requirement = requirement_of(text)
        if requirement is not None and not requirement.url and _holds(requirement, extras, known):
            yield from needs_of(requirement)


def _holds(requirement: Requirement, extras: frozenset[str], known: Known) -> bool:
    if requirement.marker is None:
        return True
    environment = known.conditions.target.markers
    try:
        return any(requirement.marker.evaluate({**environment, "extra": extra}) for extra in (extras or {""}))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True
