"""The provider of resolvelib for uv, whose resolver keeps what it decided first.

Projects are decided in the order in which they are found, those that are pinned before others. Where no
version of a project fits with what is decided, the decided version goes down no further than it must.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from packaging.version import Version

from freshlayer.packages.decided import Matches
from freshlayer.packages.pypi.needs import Need
from freshlayer.packages.pypi.provider import Information, Pick, Preference, Provider, is_pin, items_of

_MOST_COMPARED = 50
_LOWEST = Version("0.dev0")


class UvProvider(Provider):
    """Of one resolution."""

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Pick],  # noqa: ARG002 - resolvelib's
        candidates: Mapping[str, Iterator[Pick]],  # noqa: ARG002 - the same
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],  # noqa: ARG002 - the same
    ) -> Preference:
        """Pinned projects first, then in the order in which they were found."""
        pinned = any(map(is_pin, items_of(information[identifier])))
        return (True, not pinned, True, self.order[identifier], True, identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Pick]],
    ) -> Sequence[Pick]:
        """The files of a project that satisfy all needs, in an order that follows what is decided."""
        self.order.setdefault(identifier, len(self.order))
        return Matches(self.as_decided, super().find_matches(identifier, requirements, incompatibilities))

    def as_decided(self, picks: Sequence[Pick]) -> Iterator[Pick]:
        """Those that fit with what is decided; then those that leave the decided version the highest."""
        others: list[tuple[Version, Pick]] = []
        for pick in islice(picks, _MOST_COMPARED):
            left = self._left(pick)
            if left is None:
                yield pick
            else:
                others.append((left, pick))
        yield from (pick for _, pick in sorted(others, key=lambda it: it[0], reverse=True))
        yield from islice(picks, _MOST_COMPARED, None)

    def _left(self, pick: Pick) -> Version | None:
        """The highest version that a pick leaves of a project that it does not fit with; None if it fits."""
        for need in self.get_dependencies(pick):
            decided = self.decided.get(need.key)
            if decided is not None and not self.is_satisfied_by(need, decided):
                every = (it.version for _, it in self.known.offered(need.name))
                return max((it for it in every if need.specifier.contains(it)), default=_LOWEST)
        return None
