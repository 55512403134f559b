"""The store: how fast it records, answers and prunes, against the number of references that it knows.

In process, as ``check`` uses it: a transaction of 1,000 observations; a look-up of 1,000 on a connection that
was just opened; a build recorded while the history is over its bound, which prunes one step.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.growth import _recorded
from bench.tables import met, row
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference, parse
from freshlayer.state import Keep, SqliteStore

SIZES = (10_000, 100_000, 1_000_000)
AT_ONCE = 1_000
ROUNDS = 20
MOST_MILLISECONDS = 50
MEGABYTE = 1_000_000
_START = 1_700_000_000
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Stored:
    """Milliseconds of CPU time, medians but for ``slowest_step``: a busy machine does not change them.

    ``removed``: events of one step of pruning.
    """

    references: int
    recorded: float
    looked_up: float
    listed: float
    megabytes: float
    step: float
    slowest_step: float
    removed: int

    def __str__(self) -> str:
        return row(
            f"{self.references:,}",
            f"{self.recorded:.0f} ms",
            f"{self.looked_up:.0f} ms",
            met(self.looked_up <= MOST_MILLISECONDS),
            f"{self.megabytes:.0f} MB",
            f"{self.step:.1f} ms (slowest {self.slowest_step:.1f})",
            f"{self.removed}",
            f"{self.listed:.0f} ms",
        )


def lines() -> Iterator[str]:
    """A table."""
    yield "CPU time; medians."
    yield ""
    yield row(
        "references",
        "recording 1,000",
        "look-up of 1,000",
        f"at most {MOST_MILLISECONDS} ms",
        "file",
        "recording one while the history is pruned",
        "events removed by it",
        "`state ls`",
    )
    yield "|---|---|---|---|---|---|---|---|"
    for references in SIZES:
        yield str(measure(references))


def measure(references: int) -> Stored:
    """In a new file, which is removed."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "state"
        with closing(SqliteStore(path, _refuse)) as store:
            recorded = [
                _milliseconds(partial(_record, store, start)) for start in range(0, references, AT_ONCE)
            ]
        chosen = random.Random(1)
        looked_up = [_look_up(path, chosen, references) for _ in range(ROUNDS)]
        with closing(SqliteStore(path, _refuse)) as store:
            listed = _milliseconds(lambda: store.inventory("*", 20))
        size = path.stat().st_size / MEGABYTE
        steps, removed = _pruned(path, references)
    return Stored(
        references, median(recorded), median(looked_up), listed, size, median(steps), max(steps), removed
    )


def _pruned(path: Path, references: int) -> tuple[list[float], int]:
    """Each run after the bound of the age was passed removes some of the oldest events, and never all."""
    later = _START + references + 2 * _DAY
    with closing(SqliteStore(path, _refuse, Keep(seconds=_DAY, size=10**12))) as store:
        before = store.inventory("*", 1).event_count
        steps = [
            _milliseconds(partial(store.record_observations, _one(number), at=later + number))
            for number in range(ROUNDS)
        ]
        # Those that were recorded meanwhile are events too, where they were not known.
        removed = (before - store.inventory("*", 1).event_count) // ROUNDS
    return steps, removed


def _record(store: SqliteStore, start: int) -> None:
    found = {_reference(number): _recorded(number) for number in range(start, start + AT_ONCE)}
    store.record_observations(found, at=_START + start)


def _one(number: int) -> dict[Reference, Recorded]:
    return {_reference(number): _recorded(number)}


def _look_up(path: Path, chosen: random.Random, references: int) -> float:
    wanted = [_reference(chosen.randrange(references)) for _ in range(AT_ONCE)]
    with closing(SqliteStore(path, _refuse)) as store:
        return _milliseconds(lambda: store.observations(wanted))


def _reference(number: int) -> Reference:
    return parse(f"https://mirror-{number % 50}.example.org/pool/main/p/package-{number}.deb")


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1_000


def _refuse(message: str) -> None:
    raise RuntimeError(message)
