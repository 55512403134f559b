"""Probing: what it takes to probe many URLs that have not changed, beside other programs that can.

One nginx with HTTPS and HTTP/2 is all the origins: each is a port of it. What freshlayer probes is in its
state, so that its requests are conditional. The others request the same URLs in turn with it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import peers
from bench.origins import LONG_AGO, old_file, trusting
from bench.peers import Peer, Work
from bench.tables import met, row
from testing.latency import Latency
from testing.servers.base import free_ports
from testing.servers.nginx import Nginx
from testing.tls import self_signed

SIZES = (10, 100, 1_000, 10_000)
ORIGINS = (1, 50)
ROUND_TRIPS = (0.0, 0.05)
PARALLEL = (peers.ON_ONE_ORIGIN, peers.MOST_IN_PARALLEL)
LIMIT = 20.0
MEMORY = {1_000: 60.0, 10_000: 120.0}
_LARGE = 10_000
_MANY = 100
_AT_THE_ORIGIN = 16_384
"""Connections at once: container-source-policy opens thousands, and fails where some are closed."""
AHEAD, NEAR = 1.0, 1.3
"""Of the time of each other program; NEAR where a start decides."""


@dataclass(frozen=True, slots=True)
class Case:
    """So many URLs at so many origins, `round_trip` seconds away."""

    inputs: int
    origins: int
    round_trip: float

    def __str__(self) -> str:
        origins = "1 origin" if self.origins == 1 else f"{self.origins} origins"
        return f"{self.inputs:,} URLs, {origins}, {self.round_trip * 1000:.0f} ms"

    @property
    def target(self) -> float | None:
        """Of the time of `curl -Z`."""
        return {(1_000, 1, 0.0): 1.5, (10_000, 1, 0.05): 0.8, (10_000, 50, 0.05): 0.7}.get(
            (self.inputs, self.origins, self.round_trip)
        )

    @property
    def connections(self) -> int:
        """What a user would choose: the default, or the most where there are many origins."""
        return min(100 * self.origins, 1_000)

    @property
    def pairs(self) -> int:
        """With `curl -Z`; a run with the most URLs takes seconds."""
        return 3 if self.inputs >= _LARGE else 10

    @property
    def pairs_with_others(self) -> int:
        if self.inputs >= _LARGE:
            return 1
        return 10 if self.inputs <= _MANY else 3


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one `check` of what is known: requests by status, bytes of bodies, and connections."""

    requests: int
    not_modified: int
    body_bytes: int
    connections: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians in seconds. ``ours``: of the runs next to the peer's; ``theirs``: None beyond the limit."""

    peer: str
    ours: float
    theirs: float | None
    pairs: int
    failed: bool = False

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    def __str__(self) -> str:
        if self.failed:
            return "failed"
        if self.theirs is None:
            return f"over {LIMIT:.0f} s"
        return f"{self.theirs:.2f} s ({self.ours / self.theirs:.2f})"


@dataclass(frozen=True, slots=True)
class Probing:
    """A case; ``timed`` has `curl -Z` first. ``peak``: of freshlayer, in MB."""

    case: Case
    counts: Counts
    timed: tuple[Timed, ...]
    peak: float

    @property
    def is_met(self) -> bool:
        """Whether every target that speaks of this case is."""
        curl, *others = self.timed
        fast = self.case.target is None or (curl.ratio is not None and curl.ratio <= self.case.target)
        share = AHEAD if self.case.inputs >= _MANY else NEAR
        ahead = all(it.failed or it.ours <= share * (it.theirs or LIMIT) for it in others)
        polite = self.counts.requests <= self.case.inputs and not self.counts.body_bytes
        return fast and ahead and polite and self.peak <= MEMORY.get(self.case.inputs, self.peak)

    def __str__(self) -> str:
        ours = f"{self.timed[0].ours:.2f} s"
        requests = f"{self.counts.requests / self.case.inputs:.2f}, {self.counts.body_bytes}"
        target = f"≤ {self.case.target}" if self.case.target else ""
        return row(self.case, ours, *self.timed, requests, f"{self.peak:.0f} MB", target, met(self.is_met))


@dataclass(frozen=True, slots=True)
class World:
    """The origins, the wire in front of them, and what is requested of them."""

    origin: Nginx
    work: Work
    freshlayer: Peer

    def seconds(self, peer: Peer) -> float | None:
        """What a run takes, scaled from a sample. Raises ValueError where it requested less than all."""
        sample = self.work.first(peer.most)
        argv, before = peer.argv(sample), self._answered()
        taken = peers.seconds(argv, sample, LIMIT)
        if taken is None:
            return None
        if self._answered() - before < len(sample.urls):
            raise ValueError(f"{peer.name} did not probe everything")
        return taken * len(self.work.urls) / len(sample.urls)

    def _answered(self) -> int:
        return self.origin.log.read_bytes().count(b"\n")

    def count(self) -> Counts:
        argv = self.freshlayer.argv(self.work)
        with self.origin.watched() as requests:
            peers.seconds(argv, self.work, LIMIT)
        fresh = sum(1 for request in requests if request.status == 304)
        body_bytes = sum(request.body_bytes for request in requests)
        return Counts(len(requests), fresh, body_bytes, len({request.connection for request in requests}))


@contextmanager
def world(case: Case) -> Iterator[World]:
    """All files are known to freshlayer already; the wire gets its length after that."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-bench-")))
        tls = self_signed(here)
        files = _files(here, case.inputs)
        origin = stack.enter_context(Nginx(files, tls=tls, connections=_AT_THE_ORIGIN))
        further = free_ports(case.origins - 1)
        origin.change(server="".join(f"listen 127.0.0.1:{port} ssl http2;\n" for port in further))
        ports = [origin.port, *further]
        wire = stack.enter_context(Latency(origin.port, 0.0, also=further)) if case.round_trip else None
        work = _work(here, wire.ports if wire else ports, case.inputs, trusting(here, tls))
        made = World(origin, work, peers.freshlayer(case.connections))
        peers.seconds(made.freshlayer.argv(work), work, 10 * LIMIT)
        if wire:
            wire.round_trip = case.round_trip
        yield made


def _files(here: Path, inputs: int) -> Path:
    directory = here / "served"
    directory.mkdir()
    for number in range(inputs):
        old_file(directory / str(number), f"file {number}")
    return directory


def _work(here: Path, ports: list[int], inputs: int, environment: Mapping[str, str]) -> Work:
    """The URLs go round the origins; nginx makes a tag of a file's time and length."""
    urls = tuple(f"https://127.0.0.1:{ports[n % len(ports)]}/{n}" for n in range(inputs))
    tags = tuple(f'"{LONG_AGO:x}-{len(f"file {n}"):x}"' for n in range(inputs))
    return Work(here, urls, tags, environment)


def counts(inputs: int = 60, origins: int = 3) -> Counts:
    """The short form."""
    with world(Case(inputs, origins, 0.0)) as made:
        return made.count()


def measure(case: Case, rivals: tuple[Peer, ...]) -> Probing:
    """`curl -Z` with the better `--parallel-max` of two, then the others, each in turn with freshlayer."""
    with world(case) as made:
        found, held = made.count(), peers.peak(made.freshlayer.argv(made.work), made.work)
        tried = {peer: made.seconds(peer) or LIMIT for peer in map(peers.curl, PARALLEL)}
        best = min(tried, key=lambda peer: tried[peer])
        timed = [_timed(made, best, case.pairs)]
        timed += [_timed(made, peer, case.pairs_with_others) for peer in rivals]
        return Probing(case, found, tuple(timed), held)


def _timed(made: World, peer: Peer, pairs: int) -> Timed:
    """Interleaved, so that noise of the machine falls on both alike."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(pairs):
        ours.append(made.seconds(made.freshlayer) or LIMIT)
        try:
            taken = made.seconds(peer)
        except ValueError:
            return Timed(peer.name, median(ours), None, len(ours), failed=True)
        if taken is None:
            return Timed(peer.name, median(ours), None, len(ours))
        theirs.append(taken)
    return Timed(peer.name, median(ours), median(theirs), pairs)


def floor(case: Case) -> tuple[Timed, Timed]:
    """Of a program in Python that sends the same requests and does nothing else; and `curl -Z` beside it."""
    with world(case) as made:
        curl = peers.curl(peers.ON_ONE_ORIGIN)
        return _timed(made, peers.PYCURL, case.pairs), _timed(made, curl, case.pairs)


def lines() -> Iterator[str]:
    """The table, a row as soon as it is known."""
    missing = peers.install()
    rivals = (peers.ONE_EACH, *(() if missing else peers.FROM_PYPI))
    names = ["`curl -Z`", *(f"`{peer.name}`" for peer in rivals)]
    yield (
        "| URLs, origins, round trip | freshlayer | "
        + " | ".join(names)
        + (" | requests per input, bytes of bodies | memory | target | met |")
    )
    yield "|" + "---|" * (len(names) + 6)
    for case in (Case(n, o, r) for o in ORIGINS for r in ROUND_TRIPS for n in SIZES):
        yield str(measure(case, rivals))
    yield ""
    if missing:
        yield f"What comes from PyPI {missing}, and was left out."
    yield from _explained()
    yield _floors()


def _explained() -> Iterator[str]:
    yield (
        "Of the peers: seconds, and in brackets freshlayer's time as a share of theirs."
        " `check --connections 100` for one origin (the default), 1,000 for 50."
        " Medians of 10 pairs with `curl -Z`, for 10,000 URLs of 3; with the others of 10 up to 100 URLs,"
        " of 3, and of 1 for 10,000."
    )
    yield (
        f"`curl -Z` sends plain HEADs, with the better `--parallel-max` of {PARALLEL[0]} and {PARALLEL[1]},"
        f" its most; one curl per URL is scaled from {peers.ONE_EACH.most} runs; container-source-policy"
        " fetches each file (here of a few bytes) to hash it; nvchecker sends HEADs, 100 at once."
        " A peer that failed did not probe everything: container-source-policy opens more connections at once"
        " than a process may have."
    )


def _floors() -> str:
    """Where a start and the connections are all that there is, and where a target is near them."""
    cases = (*(Case(inputs, ORIGINS[-1], 0.0) for inputs in (10, _MANY)), Case(1_000, ORIGINS[0], 0.0))
    times = "; ".join(map(_floor, cases))
    return (
        f"The interpreter with pycurl, the same requests and nothing else (`bench/pycurl_alone.py`): {times}."
    )


def _floor(case: Case) -> str:
    alone, curl = floor(case)
    return f"{case}: {alone}, freshlayer {alone.ours:.2f} s, `curl -Z` {curl}"
