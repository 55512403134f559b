"""The provider of resolvelib: pip's rules of what fits, and of which project is decided first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from resolvelib import AbstractProvider
from resolvelib.structs import RequirementInformation

from freshlayer.packages.pypi.choose import Candidate, fitting, python_fits
from freshlayer.packages.pypi.known import Known
from freshlayer.packages.pypi.needs import Need, dependencies, provided

_PYTHON = "<Python>"
"""The key of the interpreter: what does not fit it is no candidate."""
_UPPER = frozenset({"<", "<=", "~=", "=="})


class Pick(Struct, frozen=True):
    """A file of a project. ``page``: the URL of its page. The interpreter has none."""

    name: str
    extras: frozenset[str] = frozenset()
    candidate: Candidate | None = None
    page: str = ""

    @property
    def key(self) -> str:
        """That of the needs that it satisfies."""
        return Need(self.name, self.extras, SpecifierSet()).key


Information = RequirementInformation[Need, Pick]
Preference = tuple[bool, bool, bool, float, bool, str]


class Provider(AbstractProvider[Need, Pick, str]):
    """Of one resolution. ``needs``: those of the command, in their order.

    ``decided``: project → what is chosen so far.
    """

    def __init__(self, known: Known, needs: Sequence[Need]) -> None:
        self.known = known
        self.decided: Mapping[str, Pick] = {}
        self.order: dict[str, int] = {}
        for need in needs:
            self.order.setdefault(need.key, len(self.order))

    def identify(self, requirement_or_candidate: Need | Pick) -> str:
        """The project, with its extras."""
        return requirement_or_candidate.key

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Pick],  # noqa: ARG002 - resolvelib's
        candidates: Mapping[str, Iterator[Pick]],  # noqa: ARG002 - the same
        information: Mapping[str, Iterator[Information]],  # noqa: ARG002 - the same
        backtrack_causes: Sequence[Information],
    ) -> Iterable[str]:
        """The interpreter first, then what caused the last conflict."""
        causes = {it.requirement.key for it in backtrack_causes}
        causes |= {it.parent.key for it in backtrack_causes if it.parent is not None}
        every = list(identifiers)
        if _PYTHON in every:
            return [_PYTHON]
        return [it for it in every if it in causes] or every

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Pick],  # noqa: ARG002 - resolvelib's
        candidates: Mapping[str, Iterator[Pick]],  # noqa: ARG002 - the same
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],  # noqa: ARG002 - the same
    ) -> Preference:
        """Pinned projects first, then those with an upper bound, then in the order of the command."""
        items = items_of(information[identifier])
        pinned = any(map(is_pin, items))
        bounded = any(it.operator in _UPPER for it in items)
        return (True, not pinned, not bounded, self.order.get(identifier, inf), not items, identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Pick]],
    ) -> Sequence[Pick]:
        """The files of a project that satisfy all needs, best first, one for each version."""
        needs = list(requirements[identifier])
        first = needs[0]
        if first.extras:
            needs += requirements[first.name]
        specifiers = [need.specifier for need in needs]
        if first.name == _PYTHON:
            fits = all(python_fits(str(one), self.known.conditions.target) for one in specifiers)
            return [Pick(_PYTHON)] if fits else []
        conditions = self.known.conditions
        offered = self.known.offered(first.name)
        pages = {id(it): page for page, it in offered}
        every = (it for _, it in offered)
        excluded = {it.candidate.version for it in incompatibilities[identifier] if it.candidate}
        best: dict[str, Candidate] = {}
        # uv takes what is yanked only where the command itself pins it.
        pins = [need.specifier for need in needs if need.word] if conditions.first else None
        bounds = [*specifiers, *conditions.bounds(first.name)]
        for it in fitting(every, bounds, pre=conditions.pre, pins=pins):
            if it.version not in excluded:
                best.setdefault(str(it.version), it)
        return [Pick(first.name, first.extras, it, pages[id(it)]) for it in best.values()]

    def is_satisfied_by(self, requirement: Need, candidate: Pick) -> bool:
        """Whether a version is one of those that are required."""
        if candidate.candidate is None:
            return python_fits(str(requirement.specifier), self.known.conditions.target)
        return requirement.specifier.contains(candidate.candidate.version, prereleases=True)

    def get_dependencies(self, candidate: Pick) -> list[Need]:
        """What its metadata requires; with extras, the same version of the project too."""
        if candidate.candidate is None:
            return []
        metadata = self.known.metadata(candidate.page, candidate.candidate)
        extras = candidate.extras & provided(metadata.extras)
        found = list(dependencies(metadata.requires, extras, self.known))
        if candidate.extras:
            same = SpecifierSet(f"=={candidate.candidate.version}")
            return [Need(candidate.name, frozenset(), same), *found]
        return [*_interpreter(metadata.python), *found]


def items_of(information: Iterable[Information]) -> list[Specifier]:
    """The bounds of all that requires a project."""
    return [item for it in information for item in it.requirement.specifier]


def is_pin(item: Specifier) -> bool:
    """Whether a bound leaves a single version."""
    return item.operator[:2] == "==" and "*" not in item.version


def _interpreter(stated: str) -> Iterator[Need]:
    try:
        specifier = SpecifierSet(stated)
    except InvalidSpecifier:
        return
    if stated:
        yield Need(_PYTHON, frozenset(), specifier)
