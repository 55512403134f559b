"""Many Dockerfiles: a monorepo's worth, whose references are each probed once.

They are made from real ones, each a little different, so that nothing read of one helps with another. What
the real ones read from elsewhere is silenced by a comment: it is found, and not probed. Behind it are
mentions of files on loopback.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench import peers, readers
from bench.origins import old_file, trusting
from bench.peers import ON_ONE_ORIGIN, Work
from bench.readers import Readers
from freshlayer.cli.check_many import Search, read_one, searched
from freshlayer.cli.dockerfiles import NAMES
from freshlayer.cli.options import Options
from freshlayer.dockerfile.parse import parse as parse_dockerfile
from freshlayer.errors import FreshlayerError
from freshlayer.workflows.analyse import SWITCH
from freshlayer.workflows.batch import read_all
from testing import gold
from testing.servers.nginx import Nginx
from testing.tls import self_signed

FILES = 1000
MENTIONS = 5
DISTINCT = 1200
PAIRS = 5
MOST_A_FILE = 1.2
MOST = 2.0
HARD_EXAMPLES = Path(__file__).resolve().parents[1] / "tests" / "discover" / "hard_examples"
_STALE = 1
_LONGEST = 60.0
_STARTS = 10


@dataclass(frozen=True, slots=True)
class World:
    """Dockerfiles below `root`, and the origin that their mentions name."""

    root: Path
    origin: Nginx
    environment: Mapping[str, str]
    files: int
    distinct: int

    @property
    def urls(self) -> list[str]:
        return [f"{self.origin.url}f/{number}" for number in range(self.distinct)]

    def check(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`freshlayer check --recursive`, with a state of its own."""
        argv = [sys.executable, "-m", "freshlayer", "--state", str(self.root.parent / "state")]
        argv += ["check", "--recursive", *words, str(self.root)]
        return subprocess.run(argv, env=dict(self.environment), capture_output=True, text=True, check=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one check: what it reported, and what the origin saw."""

    reported: int
    requests: int
    distinct: int
    body_bytes: int


@dataclass(frozen=True, slots=True)
class Many:
    """Medians in seconds over `pairs` interleaved rounds. `start`: of Python. `others`: None without them."""

    counts: Counts
    files: int
    start: float
    reading: float
    curl: float
    whole: float
    pairs: int
    others: Readers | None

    @property
    def a_file(self) -> float:
        """Milliseconds of reading."""
        return self.reading / self.files * 1000

    @property
    def ratio(self) -> float:
        return self.whole / (self.curl + self.reading)


@contextmanager
def world(files: int, distinct: int) -> Iterator[World]:
    """A directory of Dockerfiles, and nginx with HTTPS and HTTP/2."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        here = Path(directory)
        tls = self_signed(here)
        with Nginx(tls=tls) as origin:
            (origin.directory / "f").mkdir()
            for number in range(distinct):
                old_file(origin.directory / "f" / str(number), f"{number}\n")
            # Reading is a part of what is measured.
            environment = {**trusting(here, tls), SWITCH: "off"}
            made = World(here / "monorepo", origin, environment, files, distinct)
            write(made)
            yield made


def write(made: World) -> None:
    """Every Dockerfile in a directory of its own, 25 to a team."""
    texts = corpus()
    for number in range(made.files):
        directory = made.root / f"team-{number // 25:03}" / f"service-{number:05}"
        directory.mkdir(parents=True)
        first = number * MENTIONS
        urls = [made.urls[place % made.distinct] for place in range(first, first + MENTIONS)]
        text = varied(texts[number % len(texts)], number)
        lines = [text.rstrip("\n"), 'SHELL ["/bin/sh", "-c"]', *(f"RUN curl -fsSLO {url}" for url in urls)]
        (directory / "Dockerfile").write_text("\n".join(lines) + "\n", "utf-8", "surrogateescape")


def corpus() -> list[str]:
    """Real Dockerfiles that can be read; without the gold set those of the tests."""
    paths = list(gold.files().values()) or sorted(HARD_EXAMPLES.glob("*.Dockerfile"))
    texts = [path.read_text("utf-8", "surrogateescape") for path in paths]
    return [text for text in texts if _is_readable(text)]


def _is_readable(text: str) -> bool:
    try:
        parse_dockerfile(varied(text, 0))
    except FreshlayerError:
        return False
    return True


def varied(text: str, number: int) -> str:
    """Another script in each RUN, and a comment above each instruction that nothing of it is probed."""
    parsed = parse_dockerfile(text)
    lines = text.split("\n")
    every = [i for stage in parsed.stages for i in stage.instructions if i.name in {"RUN", "ADD", "COPY"}]
    for instruction in reversed(every):
        place = instruction.line - 1
        lines[place] = re.sub(r"(?i)^(\s*RUN\s+)(?=[\w/])", rf"\1: {number}; ", lines[place])
        lines.insert(place, "# freshlayer: ignore")
    return "\n".join(lines)


def count(made: World) -> Counts:
    """The requests of a check to an origin that is known already."""
    made.check()
    with made.origin.watched() as requests:
        done = made.check()
    if done.returncode != _STALE:
        raise RuntimeError(f"freshlayer check ended with {done.returncode}: {done.stderr[:2000]}")
    reported = len(re.findall(r"(?m)^\S+Dockerfile: ", done.stdout))
    paths = Counter(request.path for request in requests)
    return Counts(reported, len(requests), len(paths), sum(request.body_bytes for request in requests))


def counts(files: int = 60, distinct: int = 70) -> Counts:
    """The short form."""
    with world(files, distinct) as made:
        return count(made)


def measure(files: int = FILES, distinct: int = DISTINCT, pairs: int = PAIRS) -> Many:
    """Reading, requesting by curl, and freshlayer's doing both, in turn."""
    with world(files, distinct) as made:
        found = count(made)
        work = Work(made.root.parent, tuple(made.urls), (), made.environment)
        curl = peers.curl(ON_ONE_ORIGIN).argv(work)
        acts = (_start, partial(_read, made), partial(peers.seconds, curl, work, _LONGEST), made.check)
        rounds = [[_seconds(act) for act in acts] for _ in range(pairs)]
        others = None if peers.install() else _others(made)
    starts, reading, curl, whole = (median(taken) for taken in zip(*rounds, strict=True))
    return Many(found, files, starts / _STARTS, reading, curl, whole, pairs, others)


def _others(made: World) -> Readers:
    """What other programs take to read a sample of the same Dockerfiles."""
    return readers.compared(partial(_read, made), sorted(made.root.rglob("Dockerfile")), made.root.parent)


def _start() -> None:
    """How fast the machine is in these rounds."""
    for _ in range(_STARTS):
        subprocess.run([sys.executable, "-c", "pass"], check=True)


def _read(made: World) -> int:
    """Find and read all of them, as `check` does before it probes; how many were read."""
    with _as_in_a_check(made.environment[SWITCH]):
        search = Search([str(made.root)], None, NAMES, gold.QUESTION, below=True)
        wanted = list(searched(search, print))
        return sum(1 for _ in read_all(wanted, partial(read_one, Options(), search, {})))


@contextmanager
def _as_in_a_check(switch: str) -> Iterator[None]:
    """What was analysed before is not looked up, and garbage is collected as seldom as by the program.

    Both end with it: other benches follow in this process.
    """
    before, thresholds = os.environ.get(SWITCH), gc.get_threshold()
    os.environ[SWITCH] = switch
    gc.set_threshold(50_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        os.environ.pop(SWITCH)
        os.environ.update({} if before is None else {SWITCH: before})


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def lines() -> Iterator[str]:
    """A table of the figures, with their targets."""
    found = measure()
    mentions = f"{found.files * MENTIONS:,} mentions of {DISTINCT:,} references"
    yield f"{found.files:,} Dockerfiles with {mentions}; medians of {found.pairs} rounds, of seconds each:"
    yield ""
    yield "| | measured | target | met |"
    yield "|---|---|---|---|"
    for what, measured, target, met in _rows(found):
        yield f"| {what} | {measured} | {target} | {'yes' if met else 'no'} |"
    if found.others:
        yield ""
        yield str(found.others)


def _rows(found: Many) -> Iterator[tuple[str, str, str, bool]]:
    requests = found.counts.requests / DISTINCT
    once = found.counts.requests == found.counts.distinct == DISTINCT
    parts = f"{found.curl:.2f} s of `curl -Z` and {found.reading:.2f} s of reading"
    yield "requests for a reference", f"{requests:.2f}", "1.00", once
    yield "bytes of bodies", f"{found.counts.body_bytes}", "0", found.counts.body_bytes == 0
    of_start = f"{found.a_file / 1000 / found.start:.2f} of `python -c pass` ({found.start * 1000:.1f} ms)"
    yield (
        "reading a Dockerfile",
        f"{found.a_file:.2f} ms, {of_start}",
        f"{MOST_A_FILE:g} ms",
        found.a_file <= MOST_A_FILE,
    )
    yield (
        "the whole",
        f"{found.whole:.2f} s, {found.ratio:.2f} times {parts}",
        f"{MOST:g}",
        found.ratio <= MOST,
    )
