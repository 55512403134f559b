"""Packages of languages: two hundred names on one index at a distance, for the first time and unchanged."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.origins import old_file, trusting
from bench.tables import met, row
from testing.latency import Latency
from testing.servers.nginx import Nginx
from testing.tls import self_signed

PACKAGES = 200
VERSIONS = 40
ROUND_TRIP = 0.05
PAIRS = 5
MOST_FIRST, MOST_AGAIN = 1.5, 0.6
_TYPES = """\
location /simple/ { default_type application/vnd.pypi.simple.v1+json; index page; }
location /npm/ { default_type application/json; }
"""


@dataclass(frozen=True, slots=True)
class Manager:
    """`path`: where its index is. `document`: that of a package. `install`: the command, before the names."""

    name: str
    path: str
    document: str
    install: str


MANAGERS = (
    Manager("pip", "simple", "{}/", "pip install --index-url"),
    Manager("npm", "npm", "{}/latest", "npm install -g --registry"),
)


@dataclass(frozen=True, slots=True)
class World:
    """An index, and a Dockerfile for each manager."""

    here: Path
    origin: Nginx
    base: str
    packages: int
    environment: Mapping[str, str]

    def check(self, manager: Manager) -> float:
        """Seconds of a `check`. Raises RuntimeError where not all packages are inputs."""
        argv = [sys.executable, "-m", "freshlayer", "--state", str(self.here / "state")]
        argv += ["check", "--json", str(self.here / manager.name)]
        started = time.perf_counter()
        done = subprocess.run(argv, env=dict(self.environment), capture_output=True, text=True, check=False)
        taken = time.perf_counter() - started
        if done.returncode != 1 or "pkg:" not in done.stdout:
            raise RuntimeError(f"freshlayer check ended with {done.returncode}: {done.stderr[:2000]}")
        return taken

    def curl(self, manager: Manager, *, known: bool) -> float:
        """Seconds in which `curl -Z` requests the same documents; ``known``: newer ones than are there."""
        config = self.here / f"{manager.name}.curl"
        paths = [manager.document.format(f"package-{number}") for number in range(self.packages)]
        config.write_text("".join(f'url = "{self.base}/{manager.path}/{it}"\n' for it in paths))
        argv = ["curl", "-Z", "-fsS", "--no-progress-meter", "--parallel-max", "100", "-K", str(config)]
        argv += ["-z", str(self.here / "served" / "npm" / "package-0" / "latest")] if known else []
        started = time.perf_counter()
        subprocess.run(argv, env=dict(self.environment), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started


@contextmanager
def world(packages: int, versions: int, round_trip: float) -> Iterator[World]:
    """Documents of `versions` releases each, as a file each."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-bench-")))
        served = here / "served"
        tls = self_signed(here)
        for number in range(packages):
            name = f"package-{number}"
            of_pip, of_npm = served / "simple" / name, served / "npm" / name
            of_pip.mkdir(parents=True)
            of_npm.mkdir(parents=True)
            old_file(of_pip / "page", _page(name, versions))
            old_file(of_npm / "latest", _latest(name, versions))
        origin = stack.enter_context(Nginx(served, server=_TYPES, tls=tls))
        wire = stack.enter_context(Latency(origin.port, round_trip)) if round_trip else None
        base = f"https://127.0.0.1:{wire.port if wire else origin.port}"
        for manager in MANAGERS:
            context = here / manager.name
            context.mkdir()
            names = " ".join(f"package-{number}" for number in range(packages))
            install = f"RUN {manager.install} {base}/{manager.path} {names}\n"
            (context / "Dockerfile").write_text(f"FROM scratch\n{install}")
        yield World(
            here, origin, base, packages, {**trusting(here, tls), "XDG_CACHE_HOME": str(here / "cache")}
        )


def _page(name: str, versions: int) -> str:
    """PEP 691."""
    files = [
        {
            "filename": f"{name.replace('-', '_')}-1.{number}-py3-none-any.whl",
            "url": f"../../files/{name}-1.{number}.whl",
            "hashes": {"sha256": f"{number:064x}"},
            "requires-python": ">=3.8",
        }
        for number in range(versions)
    ]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": files})


def _latest(name: str, versions: int) -> str:
    """The document of a version."""
    version = f"1.{versions - 1}.0"
    archive = f"https://example.org/{name}-{version}.tgz"
    return json.dumps(
        {"name": name, "version": version, "dist": {"tarball": archive, "integrity": "sha512-AAAA"}}
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a first check and of another one: requests; bytes of bodies and connections of the second.

    ``by_curl``: the requests of the peer when it knows all, and the bytes of bodies.
    """

    first: int
    again: int
    bytes_again: int
    connections: int
    by_curl: int
    bytes_by_curl: int


def counts(manager: Manager, packages: int = 60) -> Counts:
    """The short form."""
    with world(packages, 3, 0.0) as made:
        with made.origin.watched() as first:
            made.check(manager)
        with made.origin.watched() as again:
            made.check(manager)
        with made.origin.watched() as by_curl:
            made.curl(manager, known=True)
        return Counts(
            len(first),
            len(again),
            sum(one.body_bytes for one in again),
            len({one.connection for one in again}),
            len(by_curl),
            sum(one.body_bytes for one in by_curl),
        )


def lines() -> Iterator[str]:
    """A table of the figures, with their targets."""
    far = f"{ROUND_TRIP * 1000:.0f} ms"
    yield f"{PACKAGES} packages that one RUN names, on one index with HTTPS and HTTP/2 at {far}:"
    yield ""
    yield row(
        "manager", "first check", "target", "met", "`curl -Z`", "again", "target", "met", "`curl -Z -z`"
    )
    yield row(*["---"] * 9)
    with world(PACKAGES, VERSIONS, ROUND_TRIP) as made:
        for manager in MANAGERS:
            first, fetched = made.check(manager), made.curl(manager, known=False)
            pairs = [(made.check(manager), made.curl(manager, known=True)) for _ in range(PAIRS)]
            again, unchanged = map(median, zip(*pairs, strict=True))
            figures = [f"{first:.2f} s", f"≤ {MOST_FIRST:g} s", met(first <= MOST_FIRST), f"{fetched:.2f} s"]
            figures += [f"{again:.2f} s", f"≤ {MOST_AGAIN:g} s", met(again <= MOST_AGAIN)]
            yield row(manager.name, *figures, f"{unchanged:.2f} s")
    yield ""
    yield "`curl -Z` requests the same documents, with `-z` if they are newer than the known ones: none is."
