"""Growth: time and memory against the number of inputs, the size of the Dockerfile, and what is remembered.

The origin is nginx, a child of this process, with HTTPS and HTTP/2. ``python -m bench.growth FILE`` draws the
figures as well.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench import peers
from bench.gauge import Run, gauged
from bench.origins import trusting
from bench.peers import ON_ONE_ORIGIN, Work
from bench.plot import Line, Panel, svg
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference
from freshlayer.state import SqliteStore
from freshlayer.workflows.analyse import SWITCH
from testing.servers.nginx import Nginx
from testing.tls import self_signed

INPUTS = (10, 100, 1_000, 10_000, 100_000)
INSTRUCTIONS = (10, 100, 1_000, 10_000)
REMEMBERED = (1_000, 10_000, 100_000, 1_000_000)
LOOKED_UP = 1_000
LOOK_UPS = 10
MOST_MILLISECONDS = 50
MOST_MEGABYTES = 500
# Where a run takes part of a second; what takes many is measured once.
ROUNDS = 3
_FEW = 1_000
_AT_ONCE = 50_000
_STALE = 1
_MEGABYTE = 1_000_000
_ORIGIN = """\
keepalive_requests 1000000;
location / {
  add_header ETag '"v1"' always;
  if ($http_if_none_match = '"v1"') { return 304; }
  return 200 "a body\\n";
}
"""


@dataclass(frozen=True, slots=True)
class Probed:
    """``check`` of so many inputs, for the first time and again; and ``curl -Z`` on the same URLs."""

    inputs: int
    first: Run
    again: Run
    curl: Run

    def __str__(self) -> str:
        ratio = self.again.seconds / self.curl.seconds
        seconds = " | ".join(f"{run.seconds:.2f} s" for run in (self.first, self.again, self.curl))
        return f"| {self.inputs:,} | {seconds} | {ratio:.1f} | {self.again.memory:.0f} MiB |"


@dataclass(frozen=True, slots=True)
class Sized:
    """``inputs`` of a Dockerfile of so many instructions, each tenth of which downloads.

    ``run``: as for the first time. ``again``: with the analysis that was kept.
    """

    instructions: int
    run: Run
    again: Run

    def __str__(self) -> str:
        each = self.run.seconds / self.instructions * 1000
        again, memory = f"{self.again.seconds:.2f} s", f"{self.run.memory:.0f} MiB"
        figures = f"{self.run.seconds:.2f} s | {each:.2f} ms | {again} | {memory}"
        return f"| {self.instructions:,} | {figures} |"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A state file that knows ``references``: milliseconds to look up 1,000 of them, and its megabytes."""

    references: int
    milliseconds: float
    megabytes: float
    found: int

    def __str__(self) -> str:
        quick = f"{self.milliseconds:.0f} ms | {_met(self.milliseconds, MOST_MILLISECONDS)}"
        small = f"{self.megabytes:.1f} MB | {_met(self.megabytes, MOST_MEGABYTES)}"
        return f"| {self.references:,} | {quick} | {small} |"


@dataclass(frozen=True, slots=True)
class Growth:
    """All three, each in the order of size."""

    probed: tuple[Probed, ...]
    sized: tuple[Sized, ...]
    remembered: tuple[Remembered, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What does not depend on the machine: requests of a check, by their status; and a look-up."""

    first: Mapping[int, int]
    again: Mapping[int, int]
    body_bytes: int
    found: int


@dataclass(frozen=True, slots=True)
class World:
    """A directory, an origin, and the environment that trusts it."""

    here: Path
    origin: Nginx
    environment: Mapping[str, str]

    def run(self, *argv: str) -> Run:
        return gauged(self.here / "out", self.environment, argv)

    def freshlayer(self, *words: str) -> Run:
        return self.run(sys.executable, "-m", "freshlayer", *words)

    def written(self, name: str, instructions: Sequence[str]) -> Path:
        """A context with this Dockerfile."""
        context = self.here / name
        context.mkdir()
        (context / "Dockerfile").write_text("\n".join(["FROM scratch", *instructions, ""]), encoding="utf-8")
        return context


@contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        here = Path(directory)
        tls = self_signed(here)
        with Nginx(server=_ORIGIN, tls=tls) as origin:
            yield World(here, origin, trusting(here, tls))


def probed(made: World, inputs: int) -> Probed:
    """curl in turn with ours; both repeat their requests."""
    urls = [f"{made.origin.url}f{number}" for number in range(inputs)]
    context = made.written(f"inputs-{inputs}", [f"RUN curl -fsSLO {url}" for url in urls])
    curl = peers.curl(ON_ONE_ORIGIN).argv(Work(made.here, tuple(urls), (), made.environment))
    # So many may take longer than a probe usually may.
    check = ("--state", str(made.here / f"state-{inputs}"), "--deadline=3600", "check", str(context))
    first = _checked(made.freshlayer(*check))
    rounds = ROUNDS if inputs <= _FEW else 1
    curls, agains = [], []
    for _ in range(rounds):
        curls.append(made.run(*curl))
        agains.append(_checked(made.freshlayer(*check)))
    return Probed(inputs, first, _middle(agains), _middle(curls))


def sized(made: World, instructions: int) -> Sized:
    url = made.origin.url
    does = [f"echo {n} > /n{n}" if n % 10 else f"curl -fsSLO {url}f{n}" for n in range(instructions)]
    context = made.written(f"instructions-{instructions}", [f"RUN {script}" for script in does])
    rounds = ROUNDS if instructions <= _FEW else 1
    first = replace(made, environment={**made.environment, SWITCH: "off"})
    runs = [first.freshlayer("inputs", str(context)) for _ in range(rounds)]
    made.freshlayer("inputs", str(context))
    agains = [made.freshlayer("inputs", str(context)) for _ in range(rounds)]
    return Sized(instructions, _middle(runs), _middle(agains))


def remembered(directory: Path, references: int) -> Remembered:
    """Looked up from a store that was just opened, with its connection and its tables to be looked at."""
    path = directory / f"remembered-{references}"
    store = SqliteStore(path, _refuse)
    for start in range(0, references, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, references))
        store.record_observations({_reference(number): _recorded(number) for number in numbers}, at=0)
    store.close()
    step = max(1, references // LOOKED_UP)
    wanted = [_reference(number) for number in range(0, references, step)][:LOOKED_UP]
    taken = []
    found = 0
    for _ in range(LOOK_UPS):
        started = time.perf_counter()
        found = len(store.observations(wanted))
        taken.append(time.perf_counter() - started)
        store.close()
    return Remembered(references, median(taken) * 1000, path.stat().st_size / _MEGABYTE, found)


def _reference(number: int) -> Reference:
    text = f"https://host{number % 997}.example.org/releases/v1.{number % 50}/artifact-{number}.tar.gz"
    return Reference("http", text, text)


def _recorded(number: int) -> Recorded:
    """As an object store answers: a tag of 32 digits, a time, a length."""
    tag = f"{number:032x}"
    evidence = (
        Evidence("etag", tag, Strength.STRONG),
        Evidence("last-modified", str(1_700_000_000 + number), Strength.WEAK),
        Evidence("length", str(5_600 + number), Strength.SIZE),
    )
    validators = Validators(f'"{tag}"', "Tue, 14 Nov 2023 22:13:20 GMT")
    return Recorded(Identity("etag", tag, Strength.STRONG), evidence, validators)


def measure() -> Growth:
    with world() as made:
        return Growth(
            tuple(probed(made, inputs) for inputs in INPUTS),
            tuple(sized(made, instructions) for instructions in INSTRUCTIONS),
            tuple(remembered(made.here, references) for references in REMEMBERED),
        )


def counts(inputs: int = 200, references: int = 2_000) -> Counts:
    """The short form."""
    with world() as made:
        context = made.written("context", [f"RUN curl -O {made.origin.url}f{n}" for n in range(inputs)])
        words = ("--state", str(made.here / "state"), "check", str(context))
        statuses, body_bytes = [], 0
        # A first look may read a byte of each, to compare with what HEAD stated; only the second counts.
        for _ in range(2):
            with made.origin.watched() as served:
                _checked(made.freshlayer(*words))
            statuses.append(Counter(one.status for one in served))
            body_bytes = sum(one.body_bytes for one in served)
        return Counts(statuses[0], statuses[1], body_bytes, remembered(made.here, references).found)


def _checked(run: Run) -> Run:
    if run.code != _STALE:
        raise RuntimeError(f"freshlayer check ended with {run.code}")
    return run


def _middle(runs: Sequence[Run]) -> Run:
    """Medians."""
    return Run(runs[-1].code, median(run.seconds for run in runs), median(run.memory for run in runs))


def _met(measured: float, target: float) -> str:
    return f"{'yes' if measured < target else 'no'} (under {target})"


def _refuse(message: str) -> None:
    raise RuntimeError(message)


def drawn(found: Growth) -> str:
    """The figures as an SVG."""
    inputs = "inputs of one Dockerfile"
    by_inputs = [(one.inputs, one) for one in found.probed]
    sizes = [(one.instructions, one.run) for one in found.sized]
    known = [(one.references, one) for one in found.remembered]
    seconds = (
        Line("check, first", tuple((n, one.first.seconds) for n, one in by_inputs)),
        Line("check, again", tuple((n, one.again.seconds) for n, one in by_inputs)),
        Line("curl -Z", tuple((n, one.curl.seconds) for n, one in by_inputs)),
    )
    memory = (
        Line("check, first", tuple((n, one.first.memory) for n, one in by_inputs)),
        Line("check, again", tuple((n, one.again.memory) for n, one in by_inputs)),
        Line("curl -Z", tuple((n, one.curl.memory) for n, one in by_inputs)),
    )
    reading = (
        Line("seconds", tuple((n, run.seconds) for n, run in sizes)),
        Line("MiB at most", tuple((n, run.memory) for n, run in sizes)),
    )
    state = (
        Line("ms for 1,000 of them", tuple((n, one.milliseconds) for n, one in known)),
        Line("MB of the file", tuple((n, one.megabytes) for n, one in known)),
    )
    return svg(
        (
            Panel("Probing: seconds", inputs, seconds),
            Panel("Probing: peak memory, MiB", inputs, memory),
            Panel("Reading: freshlayer inputs", "instructions of one Dockerfile", reading),
            Panel("Remembering: the state", "references that it knows", state),
        )
    )


def lines(plot: Path | None = None) -> Iterator[str]:
    """Markdown tables; ``plot`` is where to draw them as well."""
    found = measure()
    if plot is not None:
        plot.write_text(drawn(found), encoding="utf-8")
    yield f"Medians of {ROUNDS} rounds up to {_FEW:,}, one round above; `check` and `curl -Z` in turn."
    yield ""
    yield from _table(
        "inputs | first check | again | `curl -Z` | again / `curl -Z` | peak memory", found.probed
    )
    yield ""
    yield from _table("instructions | `freshlayer inputs` | for each | again | peak memory", found.sized)
    yield ""
    yield from _table(
        "references known | look-up of 1,000 | target met | file | target met", found.remembered
    )


def _table(head: str, rows: Sequence[object]) -> Iterator[str]:
    yield f"| {head} |"
    yield "|---" * (head.count("|") + 1) + "|"
    yield from (str(row) for row in rows)


def main(words: Sequence[str]) -> int:
    """Print the figures; draw them where a file is named."""
    for line in lines(Path(words[0]) if words else None):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
