"""Several processes of ``freshlayer watch --worker`` on one PostgreSQL: killed, and with a server that ends.

What counts is in the logs of the origin and of the receiver.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from testing.command import FRESHLAYER, freshlayer
from testing.logging_server import Logged, LoggingServer, Reply
from testing.postgres import Postgres
from testing.process import Child, wait_until

KILLS = int(os.environ.get("FRESHLAYER_WATCH_KILLS", "3"))
SLACK = 20.0
"""Seconds that a busy machine, a start of the server and a start of a worker take."""

FILES = 4
INPUTS = 3
"""References of each Dockerfile; one more is named by all."""


class Origin:
    """Each path has a version. ``log``: path → when each probe of it started, by the monotonic clock."""

    def __init__(self) -> None:
        self.versions: Counter[str] = Counter()
        self.is_away = False
        self.log: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self.server = LoggingServer(self._answer)

    def _answer(self, request: Logged) -> Reply:
        with self._lock:
            # A probe begins with HEAD, and with one alone; what follows may be late on a busy machine.
            if request.method == "HEAD":
                self.log.setdefault(request.target, []).append(time.monotonic())
            tag = f'"v{self.versions[request.target]}"'
        if self.is_away:
            return Reply(503)
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag})
        return Reply(200, {"ETag": tag}, b"" if request.method == "HEAD" else b"body")

    def total(self) -> int:
        with self._lock:
            return sum(map(len, self.log.values()))

    def probes(self, path: str) -> list[float]:
        """When each probe started."""
        with self._lock:
            return sorted(self.log.get(path, []))


class Receiver:
    """``messages``: the documents, as they were accepted."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.server = LoggingServer(self._answer)

    def _answer(self, request: Logged) -> Reply:
        self.messages.append(json.loads(request.body))
        return Reply(204, {}, b"")

    def causes(self) -> list[tuple[str, str, frozenset[tuple[str, str]]]]:
        """Key, Dockerfile, and (path, version) of each message."""
        found = []
        for it in list(self.messages):
            causes = it["causes"]
            assert isinstance(causes, list)
            pairs = frozenset((cause["reference"], cause["identity"]) for cause in causes)
            found.append((str(it["idempotency_key"]), str(it["dockerfile"]), pairs))
        return found


@pytest.fixture
def origin() -> Iterator[Origin]:
    made = Origin()
    with made.server:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with made.server:
        yield made


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> Iterator[Postgres]:
    """One that the tests end; the fixture of all says whether there can be one."""
    assert postgres.is_running
    with Postgres() as started:
        yield started


def paths_of(number: int) -> list[str]:
    return [*(f"/{number}-{it}" for it in range(INPUTS)), "/shared"]


class Fleet:
    """Workers on one database."""

    def __init__(self, url: str, directory: Path, origin: Origin, receiver: Receiver, interval: int) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self._number = 0
        self.workers: list[Child] = []
        projects = directory / "projects"
        for number in range(FILES):
            (projects / str(number)).mkdir(parents=True)
            lines = [f"RUN curl {origin.server.url}{path}\n" for path in paths_of(number)]
            (projects / str(number) / "Dockerfile").write_text("".join(["FROM scratch\n", *lines]))
        (directory / "watch.toml").write_text(
            f"interval = {interval}\nsearch = 5\nsettle = 0\n"
            f'[triggers.ci]\ntype = "webhook"\nurl = "{receiver.server.url}/hook"\n'
        )
        self._words = [
            "--state",
            url,
            "watch",
            "--worker",
            "--config",
            str(directory / "watch.toml"),
            str(projects),
        ]

    def start(self, *more: str) -> Child:
        self._number += 1
        environment = {**os.environ, "PATH": "/nowhere", "XDG_STATE_HOME": str(self._directory / "home")}
        log = self._directory / f"worker-{self._number}.log"
        child = Child([*FRESHLAYER, *self._words, *more], log=log, environment=environment)
        self.workers.append(child)
        return child

    def kill(self, child: Child, number: int = signal.SIGKILL) -> None:
        os.kill(child.pid, number)
        wait_until(lambda: not child.is_running, seconds=90, what="the end of a worker")
        self.workers.remove(child)

    def close(self) -> None:
        for child in list(self.workers):
            if child.is_running:
                self.kill(child)


@contextmanager
def fleet(
    server: Postgres, directory: Path, origin: Origin, receiver: Receiver, interval: int
) -> Iterator[tuple[Fleet, str]]:
    url = server.database()
    made = Fleet(url, directory, origin, receiver, interval)
    try:
        yield made, url
    finally:
        made.close()


def standings(server: Postgres, url: str) -> int:
    """How many Dockerfiles have a baseline for all that they read."""
    try:
        rows = server.rows(url, "SELECT standing FROM standing")
    except Exception:  # noqa: BLE001 - there is no table yet
        return 0
    return sum(len(json.loads(text)["baseline"]) == INPUTS + 1 for (text,) in rows)


def complete(text: str) -> bool:
    return not re.search(r'"(unseen|unknown)', text)


def baseline(server: Postgres, url: str) -> None:
    wait_until(lambda: standings(server, url) == FILES, seconds=120, what="the first judgement")
    wait_until(
        lambda: all(complete(text) for (text,) in server.rows(url, "SELECT standing FROM standing")),
        seconds=120,
        what="what the Dockerfiles read at first",
    )


def change(origin: Origin, path: str) -> tuple[str, str]:
    origin.versions[path] += 1
    return f"{origin.server.url}{path}", f"etag:v{origin.versions[path]}"


def wait_for_a_probe(origin: Origin) -> None:
    before = origin.total()
    wait_until(lambda: origin.total() > before, seconds=90, what="a probe")


def wait_for_messages(receiver: Receiver, pair: tuple[str, str], count: int) -> None:
    def delivered() -> bool:
        return sum(pair in pairs for _, _, pairs in receiver.causes()) >= count

    wait_until(delivered, seconds=120, what=f"messages of {pair}")


@pytest.mark.slow
def test_workers_lose_nothing_when_they_are_killed(
    server: Postgres, origin: Origin, receiver: Receiver, tmp_path: Path
) -> None:
    interval, dice = 4, random.Random(7)
    with fleet(server, tmp_path, origin, receiver, interval) as (made, url):
        for _ in range(3):
            made.start()
        baseline(server, url)
        started = time.monotonic()
        for number in range(KILLS):
            pair = change(origin, dice.choice(paths_of(number % FILES)))
            if number % 3 == 1:
                server.stop(crash=True)
                server.start()
            origin.is_away = number % 3 == 2
            wait_for_a_probe(origin)
            origin.is_away = False
            made.kill(dice.choice(made.workers))
            made.start()
            wait_for_messages(receiver, pair, 1)
        last = time.monotonic()
        paths = sorted({path for n in range(FILES) for path in paths_of(n)})
        wait_until(lambda: all(origin.log[it][-1] > last for it in paths), seconds=90, what="every probe")
        asked = {path: origin.probes(path) for n in range(FILES) for path in paths_of(n)}
        ended = time.monotonic()
    keys = Counter(key for key, _, _ in receiver.causes())
    assert sum(times - 1 for times in keys.values()) <= 2 * KILLS
    by_cause: dict[tuple[str, frozenset[tuple[str, str]]], set[str]] = {}
    for key, dockerfile, pairs in receiver.causes():
        by_cause.setdefault((dockerfile, pairs), set()).add(key)
    assert all(len(found) == 1 for found in by_cause.values()), by_cause
    rounds = (ended - started) / interval
    for path, times in asked.items():
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert max(gaps) <= 2 * interval + SLACK, (path, gaps)
        assert len(times) <= 2 * rounds + KILLS + 4, (path, times)


@pytest.mark.slow
def test_each_reference_is_probed_by_one_of_the_workers(
    server: Postgres, origin: Origin, receiver: Receiver, tmp_path: Path
) -> None:
    """The interval is long: nothing is due twice meanwhile."""
    with fleet(server, tmp_path, origin, receiver, 3600) as (made, url):
        for _ in range(3):
            made.start()
        baseline(server, url)
        assert {len(origin.probes(path)) for n in range(FILES) for path in paths_of(n)} == {1}
        started = time.monotonic()
        made.kill(made.workers[0], signal.SIGTERM)
        assert time.monotonic() - started < 60


@pytest.mark.slow
def test_nothing_is_judged_while_the_database_is_away(
    server: Postgres, origin: Origin, receiver: Receiver, tmp_path: Path
) -> None:
    with fleet(server, tmp_path, origin, receiver, 2) as (made, url):
        worker = made.start()
        baseline(server, url)
        server.stop(crash=True)
        # The first to find out reads, judges or records: "nothing is …", or "nothing was …".
        wait_until(lambda: "; nothing " in worker.output(), seconds=90, what="a warning")
        pair = change(origin, "/shared")
        server.start()
        wait_for_messages(receiver, pair, FILES)
        wait_until(lambda: "can be used again" in worker.output(), seconds=90, what="the end of the outage")
        # Each thread has a connection, and finds out by itself.
        wait_for_a_probe(origin)
        printed = [line for line in worker.output().splitlines() if "postgresql://" in line]
        assert len(printed) == 2, printed
        assert printed[1].endswith(": the state can be used again")
        assert {pairs for _, _, pairs in receiver.causes()} == {frozenset({pair})}
        assert worker.is_running


def test_an_unknown_kind_of_state_makes_no_directory(tmp_path: Path) -> None:
    ended = freshlayer(["--state", "mysql://u:secretpw@h/db", "watch", "--once"], os.environ, tmp_path)
    assert ended.code == 2
    assert "--state mysql://…: no such kind of state (write a path or postgresql://" in ended.err
    assert not list(tmp_path.iterdir())


def test_a_worker_needs_a_server(tmp_path: Path) -> None:
    ended = freshlayer(["--state", str(tmp_path / "s"), "watch", "--worker"], os.environ, tmp_path)
    assert ended.code == 2
    assert "--worker: the state is a file (pass --state postgresql://USER@HOST:PORT/DATABASE)" in ended.err
