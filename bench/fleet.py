"""A fleet: one ``freshlayer watch`` for many projects, and its schedule alone for many more references."""

from __future__ import annotations

import http.client
import os
import resource
import signal
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from secrets import token_hex

from bench.tables import met, row
from freshlayer.reference import Reference
from freshlayer.watch.schedule import Pace, Schedule
from testing.command import FRESHLAYER
from testing.latency import Latency
from testing.process import Child, tied, wait_until
from testing.servers.base import free_port
from testing.servers.nginx import Nginx

ROUND_TRIP = 0.02
JITTER = Pace().jitter
USUAL_INTERVAL = 900
MOST_MIB, MOST_SHARE, SLACK = 300, 0.25, 10.0
SCHEDULED = 100_000
_TICK = os.sysconf("SC_CLK_TCK")
_KIB = 1024
_LOOK = 0.5
_LOG = "log_format short '$msec $request_method $uri';"
_HEAD = (
    *("projects", "mentions", "references", "origins", "interval", "probes of each", "gaps"),
    *("second requests", "change known", "memory", "processor in an interval", "met"),
)


@dataclass(frozen=True, slots=True)
class Size:
    """`mentions`: of references, in all Dockerfiles. `interval` in seconds."""

    projects: int
    mentions: int
    references: int
    origins: int
    interval: int


@dataclass(frozen=True, slots=True)
class Requests:
    """By the log of the origin. `least`, `most`: probes of a reference in the time that was measured.

    `gap`: the most seconds between two probes of one reference. `shortest`: the fewest. `seconds`: the most
    second requests of one that did not change: its first observation has one. `of_change`: of the one that
    changed, from then on.
    """

    least: int
    most: int
    gap: float
    shortest: float
    seconds: int
    of_change: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """`requests` in `intervals` intervals. `known`: seconds until a change was shown.

    `cpu`: seconds of a core in an interval.
    """

    size: Size
    intervals: float
    requests: Requests
    known: float
    mib: float
    cpu: float

    @property
    def is_probed_once(self) -> bool:
        """Never twice within the least time between two, nor later than the interval and some seconds."""
        requests = self.requests
        often = requests.shortest >= (1 - 2 * JITTER) * self.size.interval - _LOOK
        again = requests.seconds <= 1 and requests.of_change <= 1
        return often and again and requests.least >= 1 and requests.gap <= self.size.interval + SLACK

    @property
    def is_met(self) -> bool:
        share = self.cpu / USUAL_INTERVAL
        early = self.known <= self.size.interval + SLACK
        return early and self.mib <= MOST_MIB and share <= MOST_SHARE and self.is_probed_once

    def __str__(self) -> str:
        size = self.size
        return row(
            f"{size.projects:,}",
            f"{size.mentions:,}",
            f"{size.references:,}",
            size.origins,
            f"{size.interval} s",
            f"{self.requests.least}-{self.requests.most} in {self.intervals:.1f}",
            f"{self.requests.shortest:.1f}-{self.requests.gap:.1f} s",
            f"{self.requests.seconds}, {self.requests.of_change} of a change",
            f"{self.known:.1f} s",
            f"{self.mib:.0f} MiB",
            f"{self.cpu:.1f} s ({self.cpu / USUAL_INTERVAL:.1%} of a core at 15 min)",
            met(self.is_met),
        )


FULL = Size(projects=1000, mentions=20_000, references=5000, origins=200, interval=30)


def lines() -> Iterator[str]:
    yield f"One service, origins at {ROUND_TRIP * 1000:.0f} ms; a short interval in place of 15 minutes."
    yield ""
    yield row(*_HEAD)
    yield row(*["---"] * len(_HEAD))
    yield str(measured(FULL))
    yield ""
    yield from _scheduled()


def measured(size: Size) -> Fleet:
    """Two intervals after the first, with one change at their start."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-bench-")))
        # A service that another run left behind may request the same ports: it does not count.
        served = here / "served" / (run := token_hex(4))
        _write_files(served, size.references)
        log = here / "requests.log"
        nginx = stack.enter_context(Nginx(served.parent, http=f"{_LOG} access_log {log} short;"))
        relay = Latency(nginx.port, ROUND_TRIP, also=[nginx.port] * (size.origins - 1))
        stack.enter_context(closing(relay))
        _write_projects(here / "projects", size, [f"http://127.0.0.1:{it}/{run}" for it in relay.ports])
        with _service(here, size.interval) as (child, port):
            wait_until(lambda: _count(port) == size.projects, seconds=600, what="the first round")
            # What was added together drifts apart within the first interval.
            time.sleep(size.interval)
            processor, started, since = _processor(child.pid), time.monotonic(), time.time()
            _write_file(served / "0", "another", 1)
            known = _seconds_until_stale(port, most=10 * size.interval + 60)
            time.sleep(max(0.0, started + 2 * size.interval - time.monotonic()))
            spent, passed = _processor(child.pid) - processor, time.monotonic() - started
            requests = requests_in(log, run, size.references, since, since + passed)
            mib = _peak(child.pid)
    intervals = passed / size.interval
    return Fleet(size, intervals, requests, known, mib, spent / intervals)


def _seconds_until_stale(port: int, most: float) -> float:
    started = time.monotonic()
    while _metric(port, "freshlayer_stale_images") <= 0:
        if time.monotonic() > started + most:
            raise TimeoutError("the change was not shown")
        time.sleep(_LOOK)
    return time.monotonic() - started


def requests_in(log: Path, run: str, references: int, since: float, until: float) -> Requests:
    """From ``since`` on. A probe is a HEAD; a GET is the second request of one."""
    probes: dict[str, list[float]] = {str(it): [] for it in range(references)}
    again: Counter[str] = Counter()
    of_change = 0
    for line in log.read_text().splitlines():
        at, method, path = line.split()
        if not path.startswith(f"/{run}/"):
            continue
        name = path.rpartition("/")[2]
        if method == "HEAD":
            probes[name].append(float(at))
        elif name == "0" and float(at) > since:
            of_change += 1
        else:
            again[name] += 1
    counts = [sum(since <= at <= until for at in times) for times in probes.values()]
    gaps = [_gaps([*(it for it in times if it < until), until], since) for times in probes.values()]
    longest = max(max(some, default=inf) for some in gaps)
    # The last one ends with the measurement, and not with a probe.
    shortest = min((it for some in gaps for it in some[:-1]), default=inf)
    second = max(again.values(), default=0)
    return Requests(min(counts), max(counts), longest, shortest, second, of_change)


def _gaps(times: list[float], since: float) -> list[float]:
    """Those that end after ``since``."""
    return [later - earlier for earlier, later in pairwise(times) if later >= since]


def _write_files(served: Path, references: int) -> None:
    served.mkdir(parents=True)
    for number in range(references):
        _write_file(served / str(number), f"file {number}", 0)


def _write_file(path: Path, text: str, later: int) -> None:
    """An old one: of one that is seconds old, a tag made of its time proves nothing, and its body is read."""
    path.write_text(text)
    os.utime(path, (1_700_000_000 + later,) * 2)


def _write_projects(root: Path, size: Size, origins: list[str]) -> None:
    each = size.mentions // size.projects
    for project in range(size.projects):
        names = [(project * each + step * 7) % size.references for step in range(each)]
        text = "".join(f"RUN curl -fsSLO {origins[name % len(origins)]}/{name}\n" for name in names)
        directory = root / f"p{project}"
        directory.mkdir(parents=True)
        (directory / "Dockerfile").write_text(f"FROM scratch\n{text}")


@contextmanager
def _service(here: Path, interval: int) -> Iterator[tuple[Child, int]]:
    port = free_port()
    config = here / "watch.toml"
    config.write_text(f"interval = {interval}\nsearch = {interval}\nsettle = 0\n")
    words = ["--state", str(here / "state.sqlite3"), "watch", "--listen", f"127.0.0.1:{port}"]
    environment = {**os.environ, "PATH": "/nowhere", "XDG_RUNTIME_DIR": ""}
    # A service that outlives this process would request these ports of later runs.
    argv = [*FRESHLAYER, *words, "--config", str(config), str(here / "projects")]
    child = Child(tied(argv), log=here / "watch.log", environment=environment)
    try:
        yield child, port
    finally:
        if child.is_running:
            os.kill(child.pid, signal.SIGTERM)
            wait_until(lambda: not child.is_running, seconds=60, what="the end of the service")


def _metric(port: int, name: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return -1
    found = [line.split()[-1] for line in text.splitlines() if line.startswith(f"{name} ")]
    return int(float(found[0])) if found else -1


def _count(port: int) -> int:
    return _metric(port, "freshlayer_dockerfiles")


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / _KIB


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The schedule alone. `size_of_one`: bytes of memory for a reference. `micros`: of a core for a probe."""

    references: int
    least: int
    most: int
    size_of_one: float
    micros: float
    peak: int


def scheduled(references: int, intervals: int = 10) -> Scheduled:
    """A simulated time of so many intervals. `peak`: the most probes of one second."""
    names = [f"https://h{number % 2000}.example.org/{number}" for number in range(references)]
    tracemalloc.start()
    made = [Reference("http", name, name) for name in names]
    schedule = Schedule(Pace(USUAL_INTERVAL), "seed")
    for reference in made:
        schedule.add(reference, 0.0)
    size_of_one = tracemalloc.get_traced_memory()[0] / references
    tracemalloc.stop()
    counts: Counter[str] = Counter()
    peak, used = 0, resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for now in range(intervals * USUAL_INTERVAL):
        taken = schedule.take(float(now), references)
        peak = max(peak, len(taken) if now > USUAL_INTERVAL else 0)
        for reference in taken:
            schedule.answered(reference, float(now), failed=False)
            counts[reference.text] += 1
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - used
    probes = sum(counts.values())
    return Scheduled(
        references, min(counts.values()), max(counts.values()), size_of_one, used / probes * 1e6, peak
    )


def _scheduled() -> Iterator[str]:
    """Figures of a million follow from those of a reference."""
    found, million = scheduled(SCHEDULED), 1_000_000
    seconds = million * found.micros / 1e6
    yield "The schedule alone, over ten simulated intervals of 15 minutes; the second row is computed."
    yield ""
    yield row("references", "probes of each", "most in a second", "memory", "processor in an interval")
    yield row(*["---"] * 5)
    yield row(
        f"{found.references:,}",
        f"{found.least}-{found.most}",
        found.peak,
        f"{found.size_of_one * found.references / _KIB / _KIB:.0f} MiB",
        f"{found.micros * found.references / 1e6:.1f} s",
    )
    yield row(
        f"{million:,}",
        f"{found.least}-{found.most}",
        found.peak * million // found.references,
        f"{found.size_of_one * million / _KIB / _KIB:.0f} MiB",
        f"{seconds:.0f} s",
    )
