"""Keys as build args, for a Dockerfile that declares them. Pure.

A RUN takes its key from an ARG directly above it whose name starts with FRESHLAYER, and which has no value of
its own: a builder keys the RUN on the value that it is given. The Dockerfile stays; only the values change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from freshlayer.dockerfile.inject import ARGUMENT
from freshlayer.dockerfile.model import Dockerfile, Instruction


def declared(dockerfile: Dockerfile) -> dict[int, str]:
    """First line of a RUN → the name of the ARG above it that takes its key."""
    found: dict[int, str] = {}
    for stage in dockerfile.stages:
        name = ""
        for instruction in stage.instructions:
            if instruction.name == "RUN" and name:
                found[instruction.line] = name
            name = _declares(instruction) or (name if instruction.name == "ARG" else "")
    return found


def declare(text: str, dockerfile: Dockerfile, lines: Collection[int]) -> str:
    """The text with an ARG for each RUN that starts on one of these lines (from 1) and has none yet.

    It is above the comments about the RUN.
    """
    taken = set(_names(dockerfile))
    free = (name for n in range(1, len(taken) + len(lines) + 1) if (name := f"{ARGUMENT}_{n}") not in taken)
    missing = sorted(set(lines) - declared(dockerfile).keys())
    kept = text.split("\n")
    tops = _tops(kept, dockerfile, missing)
    above = dict(zip(tops, free, strict=False))
    return "\n".join(f"ARG {above[n]}\n{line}" if n in above else line for n, line in enumerate(kept, 1))


def _declares(instruction: Instruction) -> str:
    return next(_names_in(instruction), "")


def _names(dockerfile: Dockerfile) -> Iterator[str]:
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            yield from _names_in(instruction)


def _names_in(instruction: Instruction) -> Iterator[str]:
    if instruction.name == "ARG":
        yield from (word for word in instruction.words if word.startswith(ARGUMENT) and "=" not in word)


def _tops(lines: Sequence[str], dockerfile: Dockerfile, starts: Iterable[int]) -> Iterator[int]:
    """The first line of the comments directly above each instruction; its own line where there are none."""
    every = [i for stage in dockerfile.stages for i in (stage.start, *stage.instructions)]
    inside = {n for i in every for n in range(i.line, i.end_line + 1)}
    for line in starts:
        while line > 1 and line - 1 not in inside and lines[line - 2].lstrip().startswith("#"):
            line -= 1  # noqa: PLW2901 - it goes up from where it starts
        yield line
