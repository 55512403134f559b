"""What a Dockerfile names, as a lock file has it: by instructions, without lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from freshlayer.decisions.locked_packages import commands_of, managers_of
from freshlayer.discover.analysis import Analysis
from freshlayer.discover.package_policy import under_policy
from freshlayer.model.inputs import SYNTAX, NotWatched, Place, RemoteInput
from freshlayer.model.lock import LockedUnwatched, LockUser
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageChain
from freshlayer.reference import Reference


class Reads(Struct, frozen=True):
    """What an analysis finds, by the instructions that read it.

    ``inputs``: reference → instructions. ``packages``: (instruction, manager, commands), in the order of the
    file. ``unwatched``: with no line.
    """

    inputs: Mapping[Reference, tuple[LockUser, ...]]
    packages: tuple[tuple[LockUser, str, tuple[str, ...]], ...]
    unwatched: tuple[LockedUnwatched, ...]


def reads_of(name: str, analysis: Analysis, policies: Mapping[str, PackagePolicy]) -> Reads:
    """What an analysis of the Dockerfile with this name finds. It is of what is probed alone."""
    found = under_policy(analysis, policies)
    return LockReader(name, found).reads(
        found.discovery.inputs, found.discovery.not_watched, found.package_chains
    )


class LockReader:
    """Knows the instructions of a Dockerfile by line and by number."""

    def __init__(self, name: str, analysis: Analysis) -> None:
        self._name = name
        every = [
            (stage, it) for stage in analysis.dockerfile.stages for it in (stage.start, *stage.instructions)
        ]
        self._by_line = {it.line: LockUser(name, stage.label, it.name) for stage, it in every}
        self._by_number = {it.number: LockUser(name, stage.label, it.name) for stage, it in every}

    def reads(
        self,
        inputs: Iterable[RemoteInput],
        not_watched: Iterable[NotWatched],
        chains: Iterable[PackageChain],
    ) -> Reads:
        users = {it.reference: tuple(sorted({self._user(place) for place in it.places})) for it in inputs}
        unwatched = [
            LockedUnwatched(
                used_by=self._at(it.line), reason=it.reason.code, text=it.text, accepted=it.accepted
            )
            for it in not_watched
            if not it.is_covered
        ]
        return Reads(users, tuple(self.packages(chains)), tuple(unwatched))

    def packages(self, chains: Iterable[PackageChain]) -> Iterator[tuple[LockUser, str, tuple[str, ...]]]:
        """Of an instruction that is in several chains once."""
        runs = {run.number: run for chain in chains for run in chain.runs}
        for number, run in sorted(runs.items()):
            for manager in managers_of(run):
                yield self._by_number[number], manager, commands_of(run, manager)

    def _user(self, place: Place) -> LockUser:
        if place.via == SYNTAX:
            return LockUser(self._name, *SYNTAX.split())
        return LockUser(self._name, place.stage or "0", place.instruction)

    def _at(self, line: int) -> LockUser:
        return self._by_line.get(line, LockUser(self._name, *SYNTAX.split()))
