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
from pathlib import Path

from bench.tables import met, row
from freshlayer.reference import Reference
from freshlayer.watch.schedule import Pace, Schedule
from testing.command import FRESHLAYER
from testing.latency import Latency
from testing.process import Child, wait_until
from testing.servers.base import free_port
from testing.servers.nginx import Nginx

ROUND_TRIP = 0.02
USUAL_INTERVAL = 900
MOST_MIB, MOST_SHARE, SLACK = 300, 0.25, 10.0
SCHEDULED = 100_000
_TICK = os.sysconf("SC_CLK_TCK")
_KIB = 1024
_HEAD = (
    *("projects", "mentions", "references", "origins", "interval", "requests of each", "change known"),
    *("memory", "processor in an interval", "met"),
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
class Fleet:
    """`least`, `most`: requests of a reference in `intervals` intervals.

    `known`: seconds until a change was shown. `cpu`: seconds of a core in an interval.
    """

    size: Size
    intervals: float
    least: int
    most: int
    known: float
    mib: float
    cpu: float

    @property
    def is_met(self) -> bool:
        share = self.cpu / USUAL_INTERVAL
        early = self.known <= self.size.interval + SLACK
        return early and self.mib <= MOST_MIB and share <= MOST_SHARE and self.least >= 1

    def __str__(self) -> str:
        size = self.size
        return row(
            f"{size.projects:,}",
            f"{size.mentions:,}",
            f"{size.references:,}",
            size.origins,
            f"{size.interval} s",
            f"{self.least}-{self.most} in {self.intervals:.1f}",
            f"{self.known:.1f} s",
            f"{self.mib:.0f} MiB",
            f"{self.cpu:.1f} s ({self.cpu / USUAL_INTERVAL:.1%} of a core at 15 min)",
            met(self.is_met),
        )


FULL = Size(projects=1000, mentions=20_000, references=5000, origins=200, interval=40)


def lines() -> Iterator[str]:
    yield f"One service, origins at {ROUND_TRIP * 1000:.0f} ms; a short interval in place of 15 minutes."
    yield ""
    yield row(*_HEAD)
    yield row(*["---"] * len(_HEAD))
    yield str(measured(FULL))
    yield ""
    yield from _scheduled()


def measured(size: Size) -> Fleet:
    """Two intervals after the first, and one change."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-bench-")))
        served = here / "served"
        _write_files(served, size.references)
        nginx = stack.enter_context(Nginx(served))
        relay = Latency(nginx.port, ROUND_TRIP, also=[nginx.port] * (size.origins - 1))
        stack.enter_context(closing(relay))
        _write_projects(here / "projects", size, relay.ports)
        with _service(here, size.interval) as (child, port):
            wait_until(lambda: _count(port) == size.projects, seconds=600, what="the first round")
            # What was added together drifts apart within the first interval.
            time.sleep(size.interval)
            before, processor, started = _requested(nginx), _processor(child.pid), time.monotonic()
            time.sleep(2 * size.interval)
            spent, passed = _processor(child.pid) - processor, time.monotonic() - started
            counts = _requested(nginx)
            counts.subtract(before)
            changed = time.monotonic()
            (served / "0").write_text("another")
            wait_until(lambda: _stale(port) > 0, seconds=10 * size.interval + 60, what="the change")
            known, mib = time.monotonic() - changed, _peak(child.pid)
    each = [counts[f"/{number}"] for number in range(size.references)]
    intervals = passed / size.interval
    return Fleet(size, intervals, min(each), max(each), known, mib, spent / intervals)


def _write_files(served: Path, references: int) -> None:
    served.mkdir()
    for number in range(references):
        path = served / str(number)
        path.write_text(f"file {number}")
        os.utime(path, (1_700_000_000, 1_700_000_000))


def _write_projects(root: Path, size: Size, ports: list[int]) -> None:
    each = size.mentions // size.projects
    for project in range(size.projects):
        names = [(project * each + step * 7) % size.references for step in range(each)]
        text = "".join(
            f"RUN curl -fsSLO http://127.0.0.1:{ports[name % len(ports)]}/{name}\n" for name in names
        )
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
    argv = [*FRESHLAYER, *words, "--config", str(config), str(here / "projects")]
    child = Child(argv, log=here / "watch.log", environment=environment)
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


def _stale(port: int) -> int:
    return _metric(port, "freshlayer_stale_images")


def _requested(nginx: Nginx) -> Counter[str]:
    return Counter(it.path for it in nginx.requests())


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
