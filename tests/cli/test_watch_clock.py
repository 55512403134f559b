"""The wall clock jumps under a running service: its probes go on as before, neither none nor many."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from math import ceil
from pathlib import Path

import pytest

from testing.command import FRESHLAYER
from testing.logging_server import Logged, LoggingServer, Reply
from testing.process import Child, wait_until
from testing.servers.needs import needs

REFERENCES, INTERVAL, DAY = 12, 3, 86400
LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


class Origin:
    """Notes when each path gets a HEAD: a probe; and counts what follows one."""

    def __init__(self) -> None:
        self.probes: dict[str, list[float]] = {}
        self.followed: Counter[str] = Counter()

    def answer(self, logged: Logged) -> Reply:
        if logged.method == "HEAD":
            self.probes.setdefault(logged.target, []).append(time.monotonic())
        else:
            self.followed[logged.target] += 1
        return Reply(headers={"ETag": f'"0123456789abcdef-{logged.target[1:]}"'})

    def all_since(self, moment: float) -> bool:
        return sum(at[-1] >= moment for at in self.probes.values()) == REFERENCES


@contextmanager
def service(directory: Path, project: Path) -> Iterator[tuple[Child, Path]]:
    """Its wall clock is as far ahead as the file states; the monotonic clock is the system's."""
    clock, config = directory / "clock", directory / "watch.toml"
    clock.write_text("+0s")
    config.write_text(f"interval = {INTERVAL}\nsearch = {INTERVAL}\n")
    faked = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    own = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "PATH": "/nowhere"}
    words = ["--state", str(directory / "state"), "watch", "--listen", "off", "--config", str(config)]
    environment = {**os.environ, **faked, **own}
    child = Child([*FRESHLAYER, *words, str(project)], log=directory / "log", environment=environment)
    try:
        yield child, clock
    finally:
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: not child.is_running, seconds=30, what="the end of the service")


def is_ahead(state: Path, seconds: int) -> bool:
    """Whether the clock was so much ahead by which the last probe was recorded."""
    with closing(sqlite3.connect(state)) as connection:
        found = int(connection.execute("SELECT max(asked) FROM observation").fetchone()[0])
    return abs(found - time.time() - seconds) < DAY / 2


@needs("faketime")
@pytest.mark.timeout(120)
def test_a_clock_that_jumps_by_a_day_moves_no_probe_and_makes_none_more(
    tmp_path: Path, project: Path
) -> None:
    origin = Origin()
    with LoggingServer(origin.answer) as server:
        lines = [f"RUN curl -O {server.url}/{number}\n" for number in range(REFERENCES)]
        (project / "Dockerfile").write_text("".join(["FROM scratch\n", *lines]))
        with service(tmp_path, project) as (child, clock):
            child.wait_until(lambda: origin.all_since(0), seconds=60)
            for days in (1, -1):
                clock.write_text(f"{days * DAY:+d}s")
                jumped, ahead = time.monotonic(), days * DAY
                child.wait_until(partial(origin.all_since, jumped), seconds=60)
                child.wait_until(partial(is_ahead, tmp_path / "state", ahead), seconds=60)
        assert "not completed" not in child.output()
    gaps = [[later - earlier for earlier, later in pairwise(at)] for at in origin.probes.values()]
    assert max(max(some) for some in gaps) < 2 * INTERVAL
    for at in origin.probes.values():
        assert len(at) <= ceil((at[-1] - at[0]) / (0.8 * INTERVAL)) + 1
    assert max(origin.followed.values(), default=0) <= 1
