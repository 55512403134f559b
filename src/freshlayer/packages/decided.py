"""For resolutions by resolvelib whose order of candidates follows what is decided so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from resolvelib import BaseReporter
from resolvelib.structs import State

Requirement = TypeVar("Requirement")
Candidate = TypeVar("Candidate")


class Decides(Protocol[Candidate]):
    """A provider. ``decided``: identifier → the candidate that is chosen so far."""

    decided: Mapping[str, Candidate]


class Matches(Sequence[Candidate]):
    """Candidates, in the order that ``order`` gives them each time that resolvelib goes through them."""

    def __init__(
        self, order: Callable[[Sequence[Candidate]], Iterator[Candidate]], found: Sequence[Candidate]
    ) -> None:
        self._order = order
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, place: int | slice) -> Any:
        return list(self)[place]

    def __iter__(self) -> Iterator[Candidate]:
        return self._order(self._found)


class Decisions(BaseReporter[Requirement, Candidate, str]):
    """Shows a provider what is decided, after each round."""

    def __init__(self, provider: Decides[Candidate]) -> None:
        self._provider = provider

    def ending_round(self, index: int, state: State[Requirement, Candidate, str]) -> None:  # noqa: ARG002 - resolvelib's
        """Between two decisions."""
        self._provider.decided = state.mapping
