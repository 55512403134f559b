"""Random projects and random events, from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from testing.histories.project import (
    TOOLS,
    Arg,
    Comment,
    CopyFile,
    CopyFrom,
    Fetch,
    Input,
    Instruction,
    Kind,
    Plain,
    Project,
    Stage,
    Style,
)

MOST_STAGES = 4
MOST_INPUTS = 12
ARGS = ("ONE", "TWO")
FILES = ("alpha", "beta")


@dataclass(frozen=True, slots=True)
class Event:
    """`what` happens to `whom`: an input, a kind of origin, or none in particular."""

    what: str
    whom: Input | Kind | None = None

    def __str__(self) -> str:
        if isinstance(self.whom, Input):
            return f"{self.what} {self.whom.kind} {self.whom.name}"
        return f"{self.what} {self.whom or ''}".strip()


class Generator:
    """Everything that is left to chance. One seed makes one history, on any machine."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._number = 0

    def project(self) -> Project:
        """Multi-stage, with 1 to 12 remote inputs."""
        inputs = [
            Input(kind, f"{kind}-{number}")
            for number in range(self._random.randint(1, MOST_INPUTS))
            for kind in [self._random.choice(list(Kind))]
        ]
        stages: list[Stage] = []
        shares = self._shares(inputs, self._random.randint(1, MOST_STAGES))
        for place, share in enumerate(shares):
            base = self._random.choice([TOOLS, TOOLS, *(stage.name for stage in stages)])
            stages.append(Stage(f"s{place}", base, tuple(self._instructions(share, stages))))
        return Project(tuple(stages), stages[-1].name, dict.fromkeys(ARGS, "0"), dict.fromkeys(FILES, "0"))

    def _shares(self, inputs: list[Input], count: int) -> list[list[Input]]:
        """Each input in one stage or in two: an origin may be read in several places."""
        shares: list[list[Input]] = [[] for _ in range(count)]
        for item in inputs:
            for share in self._random.sample(shares, min(count, self._random.choice((1, 1, 2)))):
                share.append(item)
        return shares

    def _instructions(self, share: list[Input], earlier: list[Stage]) -> Iterator[Instruction]:
        rest = list(share)
        while rest:
            many = self._random.randint(1, 3)
            taken, rest = rest[:many], rest[many:]
            yield from self._between(earlier)
            yield Fetch(self._next(), tuple(taken), self._random.choice(list(Style)))
        yield from self._between(earlier)
        yield Plain(self._next())

    def _between(self, earlier: list[Stage]) -> Iterator[Instruction]:
        for _ in range(self._random.randint(0, 2)):
            match self._random.randint(0, 4):
                case 0:
                    yield CopyFile(self._random.choice(FILES))
                case 1:
                    yield Arg(self._random.choice(ARGS))
                case 2:
                    yield Comment(f"comment {self._next()}")
                case 3:
                    yield Plain(self._next())
                case _:
                    yield from self._copy(earlier)

    def _copy(self, earlier: list[Stage]) -> Iterator[CopyFrom]:
        left = [
            (stage.name, i.number) for stage in earlier for i in stage.instructions if isinstance(i, Fetch)
        ]
        if left:
            yield CopyFrom(*self._random.choice(left))

    def _next(self) -> int:
        self._number += 1
        return self._number

    def event(self, project: Project) -> Event:
        """What happens next. Origins change most, for that is what this is about."""
        inputs = project.inputs()
        origin = self._random.choice(inputs)
        return self._random.choice(
            [
                *[Event("change", item) for item in self._random.sample(inputs, min(4, len(inputs)))],
                Event("revert", origin),
                Event("touch", origin),
                Event("restart", origin.kind),
                Event("outage", origin.kind),
                *(Event(what) for what in ("argument", "target", "file", "order", "comment", "nothing")),
            ]
        )

    def after(self, project: Project, event: Event) -> Project:
        """The project after an event of its user's; other events leave it as it is."""
        match event.what:
            case "argument":
                return replace(project, args={**project.args, self._random.choice(ARGS): self._value()})
            case "file":
                return replace(project, files={**project.files, self._random.choice(FILES): self._value()})
            case "target":
                return replace(project, target=self._random.choice(project.stages).name)
            case "order":
                return project.with_stage(self._reordered(self._random.choice(project.stages)))
            case "comment":
                stage = self._random.choice(project.stages)
                comment = Comment(f"comment {self._next()}")
                return project.with_stage(replace(stage, instructions=(*stage.instructions, comment)))
            case _:
                return project

    def _value(self) -> str:
        """Few values, so that a build comes back to what it was."""
        return str(self._random.randint(0, 3))

    def _reordered(self, stage: Stage) -> Stage:
        """Two neighbours change places."""
        found = list(stage.instructions)
        if len(found) > 1:
            place = self._random.randrange(len(found) - 1)
            found[place], found[place + 1] = found[place + 1], found[place]
        return replace(stage, instructions=tuple(found))
