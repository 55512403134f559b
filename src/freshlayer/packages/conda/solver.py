"""Which builds satisfy the requirements of an environment: resolvelib, with conda's order of preference.

The builds of a package are tried in conda's order: without ``track_features``, of the strongest channel, the
highest version, the highest build number; of equal ones, the build whose dependencies may be newest, then the
latest. What the command names is decided first, in its order, then what these require; a decision is kept
as long as something fits with it, as with the solvers of conda, which propagate each decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resolvelib import AbstractProvider, ResolutionImpossible, ResolutionTooDeep, Resolver
from resolvelib.structs import RequirementInformation

from freshlayer.packages.conda.builds import Build, Builds
from freshlayer.packages.conda.domains import domains_of
from freshlayer.packages.conda.specs import Spec
from freshlayer.packages.decided import Decisions, Matches

_MOST_STEPS = 5000
_Information = RequirementInformation[Spec, Build]


class UnsolvableError(Exception):
    """No builds fit together, or it takes too long to find them."""


class Provider(AbstractProvider[Spec, Build, str]):
    """Of one resolution. ``wanted``: what the command names."""

    def __init__(self, builds: Builds, wanted: Sequence[Spec]) -> None:
        self._builds = builds
        self._domains = domains_of(builds, wanted)
        self._order: dict[str, int] = {}
        self.decided: Mapping[str, Build] = {}
        for spec in wanted:
            self._order.setdefault(spec.name, len(self._order))

    def identify(self, requirement_or_candidate: Spec | Build) -> str:
        """The package."""
        return requirement_or_candidate.name

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Build],  # noqa: ARG002 - resolvelib's
        candidates: Mapping[str, Iterator[Build]],  # noqa: ARG002 - the same
        information: Mapping[str, Iterator[_Information]],  # noqa: ARG002 - the same
        backtrack_causes: Sequence[_Information],  # noqa: ARG002 - the same
    ) -> int:
        """In the order in which they were required."""
        return self._order[identifier]

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Spec]],
        incompatibilities: Mapping[str, Iterator[Build]],
    ) -> Sequence[Build]:
        """The builds that satisfy all, best first; none at all where nothing requires the package."""
        self._order.setdefault(identifier, len(self._order))
        specs = list(requirements[identifier])
        if all(spec.optional for spec in specs):
            return [self._builds.absent(identifier)]
        excluded = set(incompatibilities[identifier])
        domain = self._domains.get(identifier)
        fitting = [it for it in self._builds.fitting(specs) if it not in excluded]
        return Matches(self.as_decided, [it for it in fitting if domain is None or it in domain])

    def as_decided(self, fitting: Sequence[Build]) -> Iterator[Build]:
        """Those that fit with what is decided before all others."""
        others: list[Build] = []
        for build in self._builds.ordered(fitting):
            if all(self._fits(it) for it in build.needs):
                yield build
            else:
                others.append(build)
        yield from others

    def _fits(self, spec: Spec) -> bool:
        decided = self.decided.get(spec.name)
        return decided is None or decided.record is None or self._builds.takes(spec, decided)

    def is_satisfied_by(self, requirement: Spec, candidate: Build) -> bool:
        """Whether a build is one of those that are required."""
        return self._builds.takes(requirement, candidate)

    def get_dependencies(self, candidate: Build) -> list[Spec]:
        """What it requires, and what it only constrains."""
        return candidate.needs


def solved(builds: Builds, wanted: Sequence[Spec]) -> dict[str, tuple[Build, str]]:
    """Package → its build, and the package that requires it. Raises UnsolvableError."""
    provider = Provider(builds, wanted)
    resolver = Resolver(provider, Decisions[Spec, Build](provider))
    try:
        result = resolver.resolve(list(wanted), max_rounds=_MOST_STEPS)
    except (ResolutionImpossible, ResolutionTooDeep) as error:
        raise UnsolvableError(type(error).__name__) from None
    installed = {name: it for name, it in result.mapping.items() if it.record is not None}
    return {
        name: (it, next((up for up in sorted(filter(None, result.graph.iter_parents(name)))), ""))
        for name, it in installed.items()
    }
