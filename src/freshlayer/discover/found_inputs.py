"""What instructions read, each reference once, with its places."""

from __future__ import annotations

from freshlayer.discover.downloads import adds
from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.model.inputs import Place, RemoteInput, ScriptPlace
from freshlayer.reference import Reference, preferred


class FoundInputs:
    """By numbers, in the order in which they were found first: to compare references takes longer."""

    def __init__(self) -> None:
        self._numbers: dict[Reference, int] = {}
        self._requested: list[Reference] = []
        self._places: list[list[Place]] = []
        self._read: dict[int, dict[int, bool]] = {}

    def see(self, known: Reference) -> tuple[int, Reference]:
        """Its number, and as which it was requested so far."""
        number = self._numbers.setdefault(known, len(self._requested))
        if number == len(self._requested):
            self._requested.append(known)
            self._places.append([])
            return number, known
        first = self._requested[number]
        if first is not known:
            self._requested[number] = preferred(first, known)
        return number, first

    def add(
        self, number: int, stage: Stage, instruction: Instruction, via: str, place: ScriptPlace | None
    ) -> None:
        """An instruction reads it."""
        if adds(self._read.setdefault(instruction.number, {}), number, place):
            found = Place(instruction.line, instruction.name, stage.label, via, place)
            self._places[number].append(found)

    @property
    def every(self) -> tuple[RemoteInput, ...]:
        """With all places."""
        pairs = zip(self._requested, self._places, strict=True)
        return tuple([RemoteInput(one, tuple(places)) for one, places in pairs])

    @property
    def by_instruction(self) -> dict[int, tuple[Reference, ...]]:
        """Instruction number → what it reads."""
        requested = self._requested
        return {n: tuple([requested[number] for number in read]) for n, read in self._read.items()}
