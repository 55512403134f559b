"""What the questions of a whole cached ``build`` cost, with a service on the same machine or without.

The same context is built in turn: with no question (``ttl=1d``: its inputs are not due), alone, with the
service, and with one that accepts connections and never answers.
"""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.installed import AS_INSTALLED
from bench.origins import distant
from bench.pairs import seconds
from bench.tables import met, row
from testing.base_image import BASE
from testing.engine import PrivateEngine
from testing.process import Child, tied, wait_until

ORIGINS, ROUND_TRIP = 10, 0.05
MOST, MOST_OF_HANGING = 0.06, 0.1
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Builds:
    """Seconds of each run: without a question, alone, with the service, with one that hangs."""

    silent: tuple[float, ...]
    alone: tuple[float, ...]
    served: tuple[float, ...]
    hanging: tuple[float, ...]

    def __str__(self) -> str:
        alone, served = _more(self.alone, self.silent), _more(self.served, self.silent)
        hanging = _more(self.hanging, self.alone)
        is_met = served <= MOST and hanging <= MOST_OF_HANGING
        times = (f"{it * 1000:.0f} ms" for it in (median(self.silent), alone, served, hanging))
        return row(*times, f"≤ {MOST * 1000:.0f} ms, ≤ {MOST_OF_HANGING * 1000:.0f} ms", met(is_met))


def _more(these: Sequence[float], than: Sequence[float]) -> float:
    """The median of the differences within a round."""
    return median(one - other for one, other in zip(these, than, strict=True))


@dataclass(frozen=True, slots=True)
class Site:
    """``silent``: the context whose inputs are not due. ``environment``: without a service."""

    context: Path
    silent: Path
    state: Path
    environment: Mapping[str, str]

    def words(self, context: Path) -> list[str]:
        return [
            *AS_INSTALLED,
            "--state",
            str(self.state),
            "build",
            "--network=host",
            "-t",
            "warm",
            str(context),
        ]

    def with_runtime(self, directory: Path) -> Mapping[str, str]:
        """The environment with another place of the service's socket."""
        return {**self.environment, "XDG_RUNTIME_DIR": str(directory)}


def measure(engine: PrivateEngine, rounds: int = ROUNDS) -> Builds:
    """In turn, so that noise of the machine falls on all alike."""
    with ExitStack() as stack:
        made = stack.enter_context(_site(engine))
        served = made.with_runtime(stack.enter_context(_service(made)))
        hanging = made.with_runtime(stack.enter_context(_hanging()))
        plain, silent = made.words(made.context), made.words(made.silent)
        seconds(plain, served)  # The first question opens the connections.
        taken = [
            (
                seconds(silent, made.environment),
                seconds(plain, made.environment),
                seconds(plain, served),
                seconds(plain, hanging),
            )
            for _ in range(rounds)
        ]
    return Builds(*(tuple(column) for column in zip(*taken, strict=True)))


@contextmanager
def _site(engine: PrivateEngine) -> Iterator[Site]:
    with distant(ORIGINS, ROUND_TRIP) as far:
        made = _written(far.here, far.ports, far.authority, engine.environment(buildkit=True))
        for context in (made.context, made.silent) * 2:
            seconds(made.words(context), made.environment)
        yield made


def _written(here: Path, ports: Sequence[int], authority: str, environment: Mapping[str, str]) -> Site:
    """The inputs are named by comments: no builder has to know the authority of the test."""
    runs = [f"RUN echo {number} > /n{number}" for number, _ in enumerate(ports)]
    comments = [f"# freshlayer: watch https://127.0.0.1:{port}/f" for port in ports]
    for name, before in (("probing", ""), ("silent", "# freshlayer: ttl=1d\n")):
        lines = [f"{before}{comment}\n{run}" for comment, run in zip(comments, runs, strict=True)]
        (here / name).mkdir()
        (here / name / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *lines, ""]))
    settings = here / "config" / "freshlayer" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("".join(f'[hosts."127.0.0.1:{port}"]\nca = "{authority}"\n' for port in ports))
    own = {name: value for name, value in environment.items() if name != "XDG_RUNTIME_DIR"}
    own |= {"XDG_CONFIG_HOME": str(here / "config"), "XDG_CACHE_HOME": str(here / "cache")}
    return Site(here / "probing", here / "silent", here / "state", own)


@contextmanager
def _service(made: Site) -> Iterator[Path]:
    """A service with the records of the builds: nothing is due, so that it answers by its connections."""
    with tempfile.TemporaryDirectory(prefix="fl-warm-") as directory:
        here = Path(directory)
        state = here / "state"
        shutil.copy(made.state, state)
        (here / "watch.toml").write_text('interval = "1d"\n[api]\nlisten = "off"\n')
        words = ["--state", str(state), "watch", "--config", str(here / "watch.toml"), str(made.context)]
        argv = tied([*AS_INSTALLED, *words])
        with Child(argv, log=here / "log", environment=made.with_runtime(here)) as child:
            where = here / "freshlayer" / "watch.sock"
            child.wait_until(where.exists, seconds=60)
            yield here


@contextmanager
def _hanging() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fl-warm-") as directory:
        where = Path(directory) / "freshlayer" / "watch.sock"
        where.parent.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(where))
            where.chmod(0o600)
            listening.listen(64)
            wait_until(where.exists, seconds=5, what="a socket")
            yield Path(directory)


def lines(engine: PrivateEngine) -> Iterator[str]:
    yield (
        f"A whole cached `freshlayer build` with {ORIGINS} HTTPS origins at {ROUND_TRIP * 1000:.0f} ms,"
        f" against the same build without a question: medians of the differences within {ROUNDS} rounds. The"
        " service answers by its connections; one that hangs costs more than none."
    )
    yield ""
    yield row("no question", "more, alone", "more, with the service", "more, as it hangs", "target", "met")
    yield row(*["---"] * 6)
    yield str(measure(engine))
