"""The lock file: what it takes to read and to write one, against the number of its inputs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from bench.tables import met, row
from freshlayer.lock import lock_text, parse_lock
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput, LockUser

SIZES = (100, 1_000, 10_000)
MOST_MEGABYTES = 5
"""Of a file with 10,000 inputs."""
ROUNDS = 7
_OF_ONE = 50
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Locked:
    """Milliseconds of CPU time, medians."""

    inputs: int
    read: float
    written: float
    megabytes: float

    def __str__(self) -> str:
        small = met(self.megabytes <= MOST_MEGABYTES)
        figures = (f"{self.read:.0f} ms", f"{self.written:.0f} ms", f"{self.megabytes:.2f} MB")
        return row(f"{self.inputs:,}", *figures, small)


def lines() -> Iterator[str]:
    """A table."""
    yield f"CPU time; medians. URLs with all fields, {_OF_ONE} of a Dockerfile."
    yield ""
    yield row("inputs", "reading", "writing", "file", f"at most {MOST_MEGABYTES} MB")
    yield "|---|---|---|---|---|"
    for inputs in SIZES:
        yield str(measure(inputs))


def measure(inputs: int) -> Locked:
    """Of a lock file with so many inputs."""
    lock = _lock(inputs)
    text = lock_text(lock)
    return Locked(
        inputs,
        _milliseconds(lambda: parse_lock(text)),
        _milliseconds(lambda: lock_text(lock)),
        len(text.encode()) / _MEGABYTE,
    )


def _lock(inputs: int) -> Lock:
    names = [f"service-{number}" for number in range(-(-inputs // _OF_ONE))]
    return Lock(
        dockerfiles=tuple(
            LockedDockerfile(path=f"{it}/Dockerfile", context=it, platforms=("linux/amd64",)) for it in names
        ),
        inputs=tuple(_input(number, names[number // _OF_ONE]) for number in range(inputs)),
    )


def _input(number: int, directory: str) -> LockedInput:
    return LockedInput(
        reference=f"https://downloads.example.org/project-{number // 10}/v1.{number}/tool-{number}.tar.gz",
        identity=Identity("etag", f"{number:032x}", Strength.STRONG),
        used_by=(LockUser(f"{directory}/Dockerfile", "build", "RUN"),),
        served_by=f"https://cdn.example.org/{number}/tool.tar.gz",
        sha256=f"{number:064x}",
        size=1000 + number,
    )


def _milliseconds(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1_000)
    return median(taken)
