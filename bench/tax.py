"""The tax: what ``freshlayer build`` costs beside ``docker build`` where everything is cached."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import breakdown
from bench.installed import AS_INSTALLED
from bench.origins import old_file
from bench.pairs import Pairs, seconds, timed
from bench.tables import met, row
from bench.tax_profile import profile
from bench.traced import traced
from testing.base_image import BASE
from testing.engine import PrivateEngine, available
from testing.latency import Latency
from testing.servers.nginx import Nginx

PAIRS = 15
INPUTS = 10
INSTRUCTIONS = 20
ROUND_TRIP = 0.05
MORE = 0.08
OF_BUILD = 0.9
ROUND_TRIPS = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """What one cached build costs others: requests, bytes of bodies, programs that freshlayer starts."""

    requests: int
    body_bytes: int
    programs: int


@dataclass(frozen=True, slots=True)
class Tax:
    """`round_trip` in seconds."""

    round_trip: float
    pairs: Pairs
    counts: Counts

    @property
    def target(self) -> float:
        return MORE + ROUND_TRIPS * self.round_trip

    @property
    def is_met(self) -> bool:
        """On loopback it is a part of the build itself, too."""
        within = bool(self.round_trip) or self.pairs.more <= OF_BUILD * self.pairs.peer
        return within and self.pairs.more <= self.target

    def __str__(self) -> str:
        return row(
            f"{self.round_trip * 1000:.0f} ms",
            f"{self.pairs.peer * 1000:.0f} ms",
            f"{self.pairs.freshlayer * 1000:.0f} ms",
            f"{self.pairs.more * 1000:.0f} ms",
            f"{self.pairs.ratio:.2f}",
            f"{self.counts.requests}, {self.counts.body_bytes}",
            self.counts.programs,
            f"≤ {self.target * 1000:.0f} ms more",
            met(self.is_met),
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A context whose image is built already, its state, and the commands."""

    context: Path
    state: Path
    words: Sequence[str]
    environment: Mapping[str, str]
    origin: Nginx

    @property
    def plain(self) -> list[str]:
        return ["docker", *self.words]

    @property
    def ours(self) -> list[str]:
        return [*AS_INSTALLED, "--state", str(self.state), *self.words]

    def count(self) -> Counts:
        with self.origin.watched() as requests:
            run = traced("--state", str(self.state), *self.words, environment=self.environment)
        if run.code:
            raise RuntimeError(f"freshlayer build ended with {run.code}")
        return Counts(len(requests), sum(request.body_bytes for request in requests), len(run.started))


def dockerfile(url: str) -> str:
    """20 instructions, ten of which download."""
    lines = [f"FROM {BASE}"]
    lines += [f"RUN wget -q -O /f{number} {url}{number}" for number in range(INPUTS)]
    lines += [f"RUN echo {number} > /n{number}" for number in range(INSTRUCTIONS - len(lines))]
    return "\n".join(lines) + "\n"


@contextmanager
def site(engine: PrivateEngine, round_trip: float) -> Iterator[Site]:
    """Everything is built, with freshlayer and without, before the wire gets its length."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        here = Path(directory)
        with Nginx(_files(here)) as origin, Latency(origin.port, 0.0) as wire:
            port = wire.port if round_trip else origin.port
            context = here / "context"
            context.mkdir()
            (context / "Dockerfile").write_text(dockerfile(f"http://127.0.0.1:{port}/"))
            words = ["build", "--network=host", "-t", "tax", str(context)]
            environment = {**engine.environment(buildkit=True), "XDG_CACHE_HOME": str(here / "cache")}
            made = Site(context, here / "state", words, environment, origin)
            for argv in (made.plain, made.ours, made.ours):
                seconds(argv, made.environment)
            wire.round_trip = round_trip
            yield made


def _files(here: Path) -> Path:
    directory = here / "served"
    directory.mkdir()
    for number in range(INPUTS):
        old_file(directory / str(number), f"file {number}")
    return directory


def counts(engine: PrivateEngine) -> Counts:
    """The short form: a cached build, once."""
    with site(engine, 0.0) as made:
        return made.count()


def measure(engine: PrivateEngine, round_trip: float) -> tuple[Tax, dict[str, float]]:
    """The tax, and milliseconds by part of freshlayer."""
    with site(engine, round_trip) as made:
        taken = timed(made.plain, made.ours, made.environment, PAIRS)
        parts = breakdown.measure(made.context, made.state, made.environment)
        return Tax(round_trip, taken, made.count()), parts


def counted(engine: PrivateEngine) -> dict[str, float]:
    """Millions of instructions by part of freshlayer."""
    with site(engine, 0.0) as made:
        return profile(made.ours, ["--state", str(made.state), *made.words], made.environment)


def lines() -> Iterator[str]:
    """Markdown: a row for each length of the wire, and where the time goes."""
    reason = available()
    if reason:
        yield f"The tax: not measured, {reason}"
        return
    with PrivateEngine() as engine:
        version = engine.run("version", "--format", "{{.Server.Version}}").stdout.strip()
        yield (
            f"Docker {version}, BuildKit, {INSTRUCTIONS} instructions, {INPUTS} of which download; everything"
            f" cached. Medians of {PAIRS} pairs; *more* is the median of the differences within a pair."
        )
        yield ""
        yield (
            "| round trip | docker build | freshlayer build | more | ratio | requests, bytes of bodies"
            " | programs started | target | met |"
        )
        yield "|" + "---|" * 9
        found = [measure(engine, round_trip) for round_trip in (0.0, ROUND_TRIP)]
        yield from (str(tax) for tax, _ in found)
        yield ""
        yield "Of a run that reads the Dockerfile, on loopback: " + _parts(found[0][1], "ms")
        yield ""
        yield "Of a cached build, in millions of instructions: " + _parts(counted(engine), "M")


def _parts(parts: Mapping[str, float], unit: str) -> str:
    return ", ".join(f"{name} {taken:.0f} {unit}" for name, taken in parts.items()) + "."
