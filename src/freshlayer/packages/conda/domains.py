"""Which builds are possible at all in an environment, before one is decided.

A package that every possible build of a required one requires is required too, and has only builds that one
of these takes. The solvers of conda find this by propagation, and never decide for what is impossible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from freshlayer.packages.conda.builds import Build, Builds
from freshlayer.packages.conda.specs import Spec

Domains = Mapping[str, frozenset[Build]]
"""Package that has to be there → its possible builds."""

_MOST_PASSES = 20


def domains_of(builds: Builds, wanted: Sequence[Spec]) -> Domains:
    """Of an environment with these requirements. One without a possible build has no solution."""
    specs: dict[str, list[Spec]] = {}
    for spec in wanted:
        specs.setdefault(spec.name, []).append(spec)
    found = {name: frozenset(builds.fitting(every)) for name, every in specs.items()}
    for _ in range(_MOST_PASSES):
        before = {name: len(domain) for name, domain in found.items()}
        for name in tuple(found):
            found[name] = frozenset(it for it in found[name] if _is_possible(it, found, builds))
            for other in _required_by_all(found[name]):
                taken = frozenset(it for build in found[name] for it in _taken(build, other, builds))
                found[other] = found[other] & taken if other in found else taken
        if before == {name: len(domain) for name, domain in found.items()}:
            break
    return found


def _is_possible(build: Build, found: Domains, builds: Builds) -> bool:
    """Whether each package that it needs, or bounds, has a possible build for it."""
    own = (spec for spec in build.needs if spec.name in found)
    return all(any(builds.takes(spec, it) for it in found[spec.name]) for spec in own)


def _required_by_all(domain: frozenset[Build]) -> set[str]:
    names = [{spec.name for spec in build.needs if not spec.optional} for build in domain]
    return set.intersection(*names) if names else set()


def _taken(build: Build, name: str, builds: Builds) -> list[Build]:
    return builds.fitting([spec for spec in build.needs if spec.name == name])
