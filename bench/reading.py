"""Reading: what ``inputs`` takes a file on real Dockerfiles, and where the time goes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.calls import of_reading
from freshlayer import shell
from freshlayer.discover.reading import analyse
from freshlayer.dockerfile.parse import parse as parse_dockerfile
from freshlayer.shell.syntax.parse import parse
from testing import gold, wild

ROUNDS = 5
_PARTS = {
    "/e2b_dockerfile_utils/": "the Dockerfile's grammar",
    "/freshlayer/dockerfile/": "its scopes",
    "/freshlayer/shell/syntax/": "the shell's grammar",
    "/freshlayer/shell/": "the evaluator",
    "/freshlayer/discover/syntaxes/": "syntaxes of programs",
    "/freshlayer/discover/files/": "files of stages",
    "/freshlayer/discover/": "discovery",
    "/freshlayer/masking/": "masking",
    "/freshlayer/": "references and values",
    "": "the standard library",
}
"""A part of the path of a module → what it is for; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Milliseconds a file, and the share of the parts in the whole."""

    files: int
    median: float
    slowest: float
    shares: dict[str, float]
    recall: float
    precision: float

    def __str__(self) -> str:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self.shares.items())
        right = f"recall {self.recall:.1%}, precision {self.precision:.1%}"
        taken = f"{self.median:.1f} ms a file (median of {self.files}; slowest {self.slowest:.1f})"
        return f"{right}; {taken}: {shares}"


def lines() -> Iterator[str]:
    """One line for the gold files, and one for the coverage of the wild ones."""
    found = measure()
    yield str(found) if found else "Not measured: `../shared/gold` is missing."
    if found:
        yield calls()
    yield wild.coverage() or "Coverage not measured: `../shared/wild` is missing."


def measure() -> Reading | None:
    """Medians over rounds in one process. None without the gold files."""
    found = [path.read_text("utf-8", "surrogateescape") for path in gold.files().values()]
    if not found:
        return None
    whole = [_milliseconds(partial(analyse, text, gold.QUESTION)) for text in found]
    parsed = sum(_milliseconds(partial(parse_dockerfile, text)) for text in found)
    scripts = [rest for text in found for rest in _scripts(text)]
    shells = sum(_milliseconds(partial(parse, script)) for script in scripts)
    followed = sum(_milliseconds(partial(shell.follow, script, _NOWHERE)) for script in scripts)
    total = sum(whole)
    shares = {
        "Dockerfile parser": parsed / total,
        "shell parser": shells / total,
        "evaluator": max(0.0, followed - shells) / total,
        "the rest": max(0.0, total - parsed - followed) / total,
    }
    scored = gold.score()
    return Reading(len(found), median(whole), max(whole), shares, scored["recall"], scored["precision"])


def calls() -> str:
    """How many functions of Python a file calls, and in which parts."""
    counts: Counter[str] = Counter()
    texts = [path.read_text("utf-8", "surrogateescape") for path in gold.files().values()]
    for text in texts:
        for file, number in of_reading(text).items():
            counts[next(name for part, name in _PARTS.items() if part in file)] += number
    shares = ", ".join(f"{name} {number / counts.total():.0%}" for name, number in counts.most_common())
    return f"{counts.total() / len(texts):,.0f} calls of functions a file: {shares}"


def _scripts(text: str) -> list[str]:
    """The RUNs that name something remote: only those are read."""
    stages = parse_dockerfile(text).stages
    rests = [i.rest for stage in stages for i in stage.instructions if i.name == "RUN"]
    return [rest for rest in rests if "://" in rest or "git " in rest or "install" in rest]


_NOWHERE = shell.Surroundings(lambda name: f"{name}-value", "linux/amd64", frozenset({"curl", "wget"}))


def _milliseconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        parse.cache_clear()
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return median(taken) * 1000
