"""Packages of dnf: what a line takes once the indexes are in the cache, and the memory of libsolv."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.tables import met, row
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import IndexAnswer, IndexFile, PackageChain, PackageRun
from testing.rpm import index
from testing.rpm.driver import Driver
from testing.rpm.packages import Package
from testing.rpm.world import World, command

PACKAGES = 20_000
INSTALLED, LINES = 180, 20
MOST_LINE = 30.0


@dataclass
class OneRun(Driver):
    """The indexes stay open from one line to the next, as in one run."""

    known: dict[IndexFile, IndexAnswer] = field(default_factory=dict)

    def answer(self, file: IndexFile) -> IndexAnswer:
        if file not in self.known:
            self.known[file] = super().answer(file)
        return self.known[file]


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of processor time of the first line and of the others; MiB of the pool; packages of a line."""

    first: float
    line: float
    memory: float
    packages: int


def packages_of(count: int) -> Iterator[Package]:
    """Each depends on up to four before it, by name, by a library or by a file."""
    chance = random.Random(7)
    for number in range(count):
        below = [int(number * chance.random() ** 3) for _ in range(chance.randrange(5))] if number else []
        ways = [(f"lib{it}.so()(64bit)", f"package{it}", f"/usr/bin/package{it}") for it in below]
        yield Package(
            f"package{number}",
            f"1.{chance.randrange(90)}",
            arch="x86_64",
            provides=(f"lib{number}.so()(64bit)",),
            requires=tuple(
                chance.choice(way[: 2 + (it % 3 == 0)]) for it, way in zip(below, ways, strict=True)
            ),
            recommends=(f"package{chance.randrange(count)}",) if chance.random() < 0.1 else (),
            obsoletes=(f"old{number} < 3",) if chance.random() < 0.03 else (),
            files=(f"/usr/bin/package{number}",) if number % 3 == 0 else (),
        )


def figures(count: int = PACKAGES, lines: int = LINES) -> Figures:
    """Of different lines one after the other."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as here:
        index.write(list(packages_of(count)), Path(here) / "base1")
        index.write(list(packages_of(count // 10)), Path(here) / "repo")
        world = _world(Path(here))
        _line(world.driver(), world, count, 0)
        own = world.driver()
        run = OneRun(own.manager, own.cache, own.served)
        first, _ = _line(run, world, count, 0)
        # In a process of its own: here, libsolv takes memory that parsing has left.
        argv = [sys.executable, "-m", "bench.packages_rpm", here, str(count)]
        memory = float(subprocess.run(argv, capture_output=True, check=True).stdout)
        others = [_line(run, world, count, number) for number in range(1, lines)]
        seconds, found = zip(*others, strict=True)
        return Figures(first, median(seconds), memory, int(median(found)))


def _world(here: Path) -> World:
    names = [f"installed{number}" for number in range(INSTALLED)]
    rows = [{"name": it, "version": "1", "release": "1", "arch": "x86_64"} for it in names]
    return World(here, installed="\n".join(json.dumps(it) for it in rows))


def _line(driver: Driver, world: World, count: int, number: int) -> tuple[float, int]:
    words = [f"package{count - 1 - 37 * number - place}" for place in range(5)]
    run = PackageRun(1, 1, (command(["install", *words]),), PackagePolicy.CLOSURE)
    started = time.process_time()
    found = driver.resolve(PackageChain(("base", "linux/amd64"), (run,)), world.contents)[1]
    if found.problem:
        raise RuntimeError(str(found.problem))
    return time.process_time() - started, len(found.packages)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def lines() -> Iterator[str]:
    """A table of the figures, with the target of a line."""
    found = figures()
    total, wanted = PACKAGES + PACKAGES // 10, f"{found.packages} packages each"
    yield f"Two repositories of dnf with {total:,} packages; lines of five words ({wanted}), processor time:"
    yield ""
    yield row("", "measured", "target", "met")
    yield row(*["---"] * 4)
    yield row("the first line of a run: libsolv loads the indexes", f"{1000 * found.first:.1f} ms", "", "")
    is_met = met(1000 * found.line <= MOST_LINE)
    yield row("another line (median)", f"{1000 * found.line:.1f} ms", f"{MOST_LINE:g} ms", is_met)
    yield row(
        "memory of what libsolv has loaded, of which four are kept at most", f"{found.memory:.1f} MiB", "", ""
    )


def _grown(here: Path, count: int) -> float:
    world, before = _world(here), _resident()
    own = world.driver()
    _line(OneRun(own.manager, own.cache, own.served), world, count, 0)
    return _resident() - before


if __name__ == "__main__":
    print(_grown(Path(sys.argv[1]), int(sys.argv[2])))
