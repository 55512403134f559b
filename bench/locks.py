"""The lock file: reading, writing and ``verify --offline``, against the number of its inputs."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from bench.tables import met, row
from freshlayer.lock import lock_text, parse_lock, read_lock
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput, LockUser
from testing.command import FRESHLAYER

SIZES = (100, 1_000, 10_000)
MOST_MEGABYTES = 5
"""Of a file with 10,000 inputs."""
MOST_SECONDS = 0.5
"""Of ``verify --offline`` of that file."""
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
    yield ""
    yield f"`verify --offline` of {SIZES[-1]:,} inputs, run again on Dockerfiles that did not change:"
    yield ""
    yield row("Dockerfiles", "CPU time", f"at most {MOST_SECONDS} s")
    yield "|---|---|---|"
    for number in (SIZES[-1] // _OF_ONE, 1):
        seconds = verified(SIZES[-1], number)
        yield row(f"{number}", f"{seconds:.2f} s", met(seconds <= MOST_SECONDS))


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


def verified(inputs: int, dockerfiles: int, rounds: int = ROUNDS) -> float:
    """Seconds of CPU time of ``verify --offline``, the median; the first run is not counted."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "project"
        (place / ".git").mkdir(parents=True)
        for number in range(dockerfiles):
            urls = [_input(it, "").reference for it in range(number, inputs, dockerfiles)]
            lines = [f"RUN curl -fsSL -o /t {url}" for url in urls]
            (place / f"{number}").mkdir()
            (place / f"{number}" / "Dockerfile").write_text("\n".join(["FROM scratch", *lines, ""]))
        environment = {**os.environ, "XDG_CACHE_HOME": f"{name}/cache", "XDG_STATE_HOME": f"{name}/state"}
        run = [*FRESHLAYER, "--offline", "--quiet", "lock", "--recursive", "--no-download", "."]
        subprocess.run(run, cwd=place, env=environment, check=True, capture_output=True)
        _fill(place / "freshlayer.lock")
        verify = [*FRESHLAYER, "verify", "--offline"]
        return median([_cpu(verify, place, environment) for _ in range(rounds + 1)][1:])


def _fill(path: Path) -> None:
    """As if all had been observed."""
    lock = read_lock(path)
    known = (_input(number, "") for number in range(len(lock.inputs)))
    inputs = (
        replace(it, used_by=old.used_by, reference=old.reference)
        for it, old in zip(known, lock.inputs, strict=True)
    )
    path.write_text(lock_text(replace(lock, inputs=tuple(inputs))))


def _cpu(argv: list[str], place: Path, environment: dict[str, str]) -> float:
    with subprocess.Popen(argv, cwd=place, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv[-2]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
