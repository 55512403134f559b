"""What the questions of a cached build cost with ``freshlayer watch`` on the same machine, and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import warm_build
from bench.origins import distant
from bench.tables import met, row
from freshlayer.credentials import Keyring
from freshlayer.decisions.verdict import judge
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.probe import Limits, each
from freshlayer.probe.warm import observations
from freshlayer.reference import parse
from freshlayer.settings import HostSettings
from freshlayer.watch.warm import WarmAnswers, WarmServer
from testing.engine import PrivateEngine, available

ORIGINS, ROUND_TRIP, MOST, TIMES = 10, 0.05, 0.06, 15


@dataclass(frozen=True, slots=True)
class Questions:
    """Seconds for all questions: by the client itself, by the connections of the service, by what it saw."""

    alone: float
    connections: float
    seen: float

    @property
    def is_met(self) -> bool:
        return max(self.connections, self.seen) <= MOST

    def __str__(self) -> str:
        times = (f"{it * 1000:.1f} ms" for it in (self.alone, self.connections, self.seen))
        return row(*times, f"≤ {MOST * 1000:.0f} ms with it", met(self.is_met))


def lines() -> Iterator[str]:
    where = f"{ORIGINS} HTTPS origins (nginx) at {ROUND_TRIP * 1000:.0f} ms"
    yield f"The questions alone, in one process: {where}; medians of {TIMES}."
    yield ""
    yield row("without the service", "by its connections", "seen a moment ago", "target", "met")
    yield row(*["---"] * 5)
    yield str(measured())
    yield ""
    reason = available()
    if reason:
        yield f"A whole build: not measured, {reason}"
        return
    with PrivateEngine() as engine:
        yield from warm_build.lines(engine)


def measured(times: int = TIMES) -> Questions:
    """In one process, so that the start of a command is not counted."""
    with distant(ORIGINS, ROUND_TRIP) as made:
        return _questions(made.here, made.ports, made.authority, times)


def _questions(here: Path, ports: list[int], authority: str, times: int) -> Questions:
    references = [parse(f"https://127.0.0.1:{port}/f") for port in ports]
    keyring = Keyring({}, {f"127.0.0.1:{port}": HostSettings(ca=authority) for port in ports})
    path, answers = here / "socket" / "watch.sock", WarmAnswers()
    first = [judge(None, it) for it in each(references, {}, Limits(), keyring=keyring)]
    recorded = {it.reference: it.keep for it in first if it.keep is not None}

    def alone() -> Iterable[Observation]:
        return each(references, recorded, Limits(), keyring=keyring)

    def by_service() -> Iterable[Observation]:
        return observations(str(path), references, recorded, lambda _: (), lambda _: False, 60)

    server = WarmServer(path, answers, Limits(), lambda: keyring, lambda: False)
    server.start()
    with closing(server):
        # The first question opens the connections.
        _seconds(by_service)
        by_connections = _median(by_service, times)
        for seen in alone():
            answers.note(judge(recorded[seen.reference], seen), ())
        return Questions(_median(alone, times), by_connections, _median(by_service, times))


def _median(observe: Callable[[], Iterable[Observation]], times: int) -> float:
    return median(_seconds(observe) for _ in range(times))


def _seconds(observe: Callable[[], Iterable[Observation]]) -> float:
    started = time.perf_counter()
    outcomes = [it.outcome for it in observe()]
    taken = time.perf_counter() - started
    if outcomes != [ProbeOutcome.NOT_MODIFIED] * ORIGINS:
        raise RuntimeError(f"not all were answered with 304: {outcomes}")
    return taken
