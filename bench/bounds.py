"""Bounds: what ``inputs`` and ``check --offline`` take of a Dockerfile of n lines of one kind.

Ten times the lines take ten times as long where it is linear; a hundred times where it is quadratic.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.gauge import Run, gauged
from bench.tables import met, row
from freshlayer.decisions import plan
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.workflows.analyse import SWITCH

SIZES = (1_000, 10_000, 100_000)
MOST_SECONDS = 10
MOST_MEBIBYTES = 500
COMMANDS = (("inputs",), ("--offline", "check"))
_URL = "https://example.org/"
_ROUNDS = 3


def _each(line: str, *, first: str = "FROM scratch AS s0", last: str = "") -> Callable[[int], Iterator[str]]:
    """``line`` for each number from 1; ``#`` is the number, ``@`` the one before it."""

    def lines(count: int) -> Iterator[str]:
        yield from (text for text in [first] if text)
        for number in range(1, count // (line.count("\n") + 1) + 1):
            yield line.replace("#", str(number)).replace("@", str(number - 1))
        yield from (text for text in [last] if text)

    return lines


def _two(
    one: Callable[[int], Iterator[str]], other: Callable[[int], Iterator[str]], count: int
) -> Iterator[str]:
    yield from one(count // 2)
    yield from other(count // 2)


KINDS: Mapping[str, Callable[[int], Iterator[str]]] = {
    "ARG": _each("ARG X#=v"),
    "ARG, each with the one before it": _each("ARG X#=$X@"),
    "ENV": _each("ENV X#=v"),
    "ENV that grows": _each("ENV P=$P:/v#"),
    "ENV of one name": _each("ENV X=v#"),
    "ENV with n names": _each(" X#=v \\", first="FROM scratch\nENV \\", last=" Y=1"),
    "FROM of the stage before it": _each("FROM s@ AS s#"),
    "FROM of the stage before it, with ENV": _each("FROM s@ AS s#\nENV X#=1"),
    "FROM of one stage with many ENV": lambda n: _two(
        _each("ENV Y#=1"), _each("FROM s0 AS t#\nENV X=1", first=""), n
    ),
    "FROM of one name": _each("FROM scratch AS s"),
    "ARG before FROM, and FROM": lambda n: _two(
        _each("ARG X#=v", first=""), _each("FROM scratch AS s#", first=""), n
    ),
    "COPY --from of the stage before it": _each("FROM scratch AS s#\nCOPY --from=s@ /x /x"),
    "COPY --from of n images": _each("COPY --from=image# /x /x"),
    "COPY with a here-document": _each("COPY <<EOF /x#\nx\nEOF"),
    "comments that watch": _each(f"# freshlayer: watch {_URL}#".replace("#", "\0", 1), last="RUN true"),
    "comments that watch, each above a RUN": _each(
        f"# freshlayer: watch {_URL}#\nRUN true".replace("#", "\0", 1)
    ),
    "comments": _each("\0", last="RUN true"),
    "LABEL": _each("LABEL l#=v"),
    "RUN": _each("RUN echo #"),
    "RUN of one text": _each("RUN echo"),
    "RUN with ENV between": _each("ENV X#=1\nRUN echo $X#"),
    "RUN of n lines": _each(" x# \\", first="FROM scratch\nRUN true \\", last=" x"),
    "RUN with comments inside": _each("\0", first="FROM scratch\nRUN true \\", last=" x"),
    "RUN with n mounts": _each(
        " --mount=from=image#,target=/x# \\", first="FROM scratch\nRUN \\", last=" true"
    ),
    "RUN with a here-document of n lines": _each("echo #", first="FROM scratch\nRUN <<EOF", last="EOF"),
    "ADD": _each(f"ADD {_URL}# /x"),
    "ONBUILD": _each(f"ONBUILD RUN curl {_URL}#"),
    "SHELL": _each('SHELL ["/bin/bash", "-c"]'),
}
"""Kind of line → a Dockerfile of so many of them."""


def text_of(kind: str, count: int) -> str:
    return "\n".join(KINDS[kind](count)).replace("\0", "#") + "\n"


@dataclass(frozen=True, slots=True)
class Grown:
    """A kind at each size, in the order of size."""

    kind: str
    runs: tuple[Run, ...]

    def __str__(self) -> str:
        figures = (f"{run.seconds:.2f} s, {run.memory:.0f} MiB" for run in self.runs)
        worst = max(self.runs, key=lambda run: run.seconds)
        small = all(run.memory < MOST_MEBIBYTES for run in self.runs)
        return row(self.kind, *figures, met(worst.seconds < MOST_SECONDS and small))


def grown(here: Path, kind: str, sizes: Sequence[int] = SIZES) -> Grown:
    """The slower one of the commands."""
    environment = {**os.environ, "XDG_STATE_HOME": str(here / "state"), SWITCH: "off"}
    runs = []
    for size in sizes:
        context = here / f"{len(list(here.iterdir()))}-{size}"
        context.mkdir()
        (context / "Dockerfile").write_text(text_of(kind, size), encoding="utf-8")
        tried = [
            gauged(here / "out", environment, [sys.executable, "-m", "freshlayer", *words, str(context)])
            for words in COMMANDS
        ]
        runs.append(max(tried, key=lambda run: run.seconds))
    return Grown(kind, tuple(runs))


def seconds_of(kind: str, count: int, rounds: int = _ROUNDS) -> float:
    """To read and to plan in this process: the least of some rounds."""
    text = text_of(kind, count)
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        found = analyse(text, BuildRequest(("linux/amd64",)))
        plan.plan(found.dockerfile, found.stages, found.parents, plan.Known({}, {}))
        taken.append(time.process_time() - started)
    return min(taken)


def lines() -> Iterator[str]:
    """A Markdown table."""
    yield row("lines", *(f"{size:,}" for size in SIZES), f"under {MOST_SECONDS} s and {MOST_MEBIBYTES} MiB")
    yield "|---" * (len(SIZES) + 2) + "|"
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        for kind in KINDS:
            yield str(grown(Path(directory), kind))


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
