"""Several worlds of ``testing.apt_years``, and which instructions each round of steps has run again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct

from testing.apt_years import KINDS, Identities, Oracle, Step, Years
from testing.years_image import LINES, MARKS, runs, status


class Round(Struct, frozen=True):
    """A step of each world. ``states``: what its mirror serves then.

    ``stale``: the marks of the instructions that have other packages than before, by what apt-get answers;
    ``ran``: those that have to run. Where the packages are again what they were at an earlier build, the
    builder has the layer.
    """

    steps: tuple[Step, ...]
    states: tuple[Path, ...]
    stale: frozenset[str]
    ran: frozenset[str]


Marks = frozenset[str]


class _World:
    """A repository with a seed of its own; in its first steps it takes each kind once, from ``first`` on."""

    def __init__(self, directory: Path, number: int) -> None:
        self.name = f"w{number}"
        self._kinds = [*KINDS][3 * number % len(KINDS) :] + [*KINDS][: 3 * number % len(KINDS)]
        self.years = Years(directory / self.name, seed=number + 1)
        self._oracle = Oracle(directory / f"root-{self.name}", status(self.years))
        self._known: dict[str, Identities] = {}
        self._built: set[tuple[str, tuple[Identities, ...]]] = set()
        self._changed()

    def step(self, number: int) -> tuple[Step, Path, Marks, Marks]:
        step = self.years.step(self._kinds[number] if number < len(self._kinds) else "")
        # A mirror that lags has nothing new.
        stale, ran = (Marks(), Marks()) if step.kind == "lagging mirror" else self._changed()
        return step, self.years.served, stale, ran

    def _changed(self) -> tuple[Marks, Marks]:
        answers = self._oracle.answers(self.years.served, LINES)
        new = {name: it for name, it in answers.items() if it is not None and it != self._known.get(name)}
        self._known |= new
        stale = runs(set(new))
        layers = {mark: (mark, tuple(self._known[name] for name in MARKS[mark])) for mark in stale}
        ran = {mark for mark in stale if layers[mark] not in self._built}
        self._built |= set(layers.values())
        return self._named(stale), self._named(ran)

    def _named(self, marks: Iterable[str]) -> Marks:
        return frozenset(f"{self.name}-{mark}" for mark in marks)


class History:
    """``first``: the states before the first round."""

    def __init__(self, directory: Path, worlds: int, rounds: int) -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            own = [*pool.map(lambda number: _World(directory, number), range(worlds))]
            self.worlds = tuple(it.name for it in own)
            self.years = own[0].years
            self.first = tuple(it.years.served for it in own)
            steps = [*pool.map(lambda it: [it.step(number) for number in range(rounds)], own)]
        self.rounds = tuple(map(_round, zip(*steps, strict=True)))


def _round(taken: Sequence[tuple[Step, Path, Marks, Marks]]) -> Round:
    steps, states, stale, ran = zip(*taken, strict=True)
    return Round(steps, states, Marks().union(*stale), Marks().union(*ran))


def serve(directory: Path, worlds: Sequence[str], states: Sequence[Path]) -> None:
    """Let the mirror of each world have this state. ``directory``: what is served."""
    for world, state in zip(worlds, states, strict=True):
        new = directory / f"{world}.new"
        new.symlink_to(state)
        new.replace(directory / world)
