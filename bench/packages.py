"""Packages: what an unchanged distribution costs, the first index, a line, and a monorepo's worth of lines.

The repository has as many packages as Debian's main, and two suites beside it; the base image is in a real
registry. `apt-get update` is the peer: it requests the same files, in a root of its own.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median

from bench.gauge import gauged
from bench.tables import met, row
from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun, PackagesWanted
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.index_files import IndexFiles
from freshlayer.workflows.packages import PackagesOfRun
from freshlayer.workflows.session import Session
from testing.apt_repository import FIRST, sources, write_suite
from testing.apt_root import AptRoot
from testing.package_origin import PackageOrigin, package_origin
from testing.stores.registry import Registry

PACKAGES = 64_000
FILES, LINES = 1_000, 40
PAIRS = 5
SUITES = ("stable", "stable-updates", "stable-security")
MOST_FIRST, MOST_LINE, MOST_MEMORY = 3.0, 30.0, 150.0
_STATUS = "Package: base\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
_OS_RELEASE = "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"
_STANZA = """\
Package: {name}
Version: {version}
Installed-Size: 1234
Maintainer: The Maintainers <maintainers@example.org>
Architecture: amd64
Depends: {depends}
Description: what {name} does, in a line of usual length
Homepage: https://example.org/{name}
Description-md5: {digest:.32}
Section: devel
Priority: optional
Filename: pool/main/p/{name}/{name}_{version}_amd64.deb
Size: 123456
MD5sum: {digest:.32}
SHA256: {digest}

"""


@dataclass(frozen=True, slots=True)
class World:
    """`root` has the Dockerfiles, `here` all else."""

    here: Path
    root: Path
    origin: PackageOrigin
    registry: Registry
    environment: Mapping[str, str]

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "freshlayer", "--state", str(self.here / "state"), *words]

    def check(self, *words: str) -> float:
        """Seconds of `freshlayer check`."""
        started = time.perf_counter()
        argv = self.argv("check", *words)
        done = subprocess.run(argv, env=dict(self.environment), capture_output=True, text=True, check=False)
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"freshlayer check ended with {done.returncode}: {done.stderr[:2000]}")
        return time.perf_counter() - started


@contextmanager
def world(packages: int, files: int, lines: int) -> Iterator[World]:
    """A repository, a registry with a base image, and Dockerfiles."""
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshlayer-bench-")))
        repository = here / "repository"
        for suite, count in zip(SUITES, (packages, packages // 100, packages // 50), strict=True):
            (repository / "dists" / suite).mkdir(parents=True)
            text = "".join(stanzas(count, prefix="" if suite == "stable" else f"{suite}-"))
            write_suite(repository, suite, text.encode(), FIRST)
        origin = stack.enter_context(package_origin(repository))
        registry = stack.enter_context(Registry())
        made = {"etc/apt/sources.list": sources(origin.url, SUITES), "etc/os-release": _OS_RELEASE}
        layer = archive({**made, "var/lib/dpkg/status": _STATUS})
        registry.push_layers("some/debian", "12", [layer])
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(here), "XDG_CACHE_HOME": str(here / "cache")}
        made_world = World(here, here / "monorepo", origin, registry, environment)
        write(made_world, files, lines, packages)
        yield made_world


def stanzas(count: int, prefix: str = "") -> Iterator[str]:
    """Packages, each of which depends on up to four before it."""
    chosen = random.Random(7)
    for number in range(count):
        name = f"{prefix}package-{number}"
        below = {int(number * chosen.random() ** 3) for _ in range(chosen.randrange(5))} - {number}
        depends = ", ".join(f"{prefix}package-{it} (>= 1.0)" for it in sorted(below)) or "base"
        version = f"1.{number % 90}-{number % 7 + 1}+deb12u{number % 4}"
        digest = sha256(name.encode()).hexdigest()
        yield _STANZA.format(name=name, version=version, depends=depends, digest=digest)


def archive(texts: Mapping[str, str]) -> bytes:
    """A layer with these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as files:
        for path, text in texts.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            files.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def write(made: World, files: int, lines: int, packages: int) -> None:
    """Dockerfiles with so many different lines between them."""
    for number in range(files):
        directory = made.root / f"service-{number:04}"
        directory.mkdir(parents=True)
        words = " ".join(words_of(number % lines, packages))
        install = f"RUN apt-get update && apt-get install -y {words}"
        text = f"FROM {made.registry.host}/some/debian:12\n{install}\nRUN echo {number}\n"
        (directory / "Dockerfile").write_text(text)


def words_of(line: int, packages: int) -> list[str]:
    return [f"package-{packages - 1 - 37 * line - place}" for place in range(5)]


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of a first check of all Dockerfiles, and of another one, with the bytes of its bodies.

    ``most_of_a_file``: of any file of the repository. ``indexes``: of all index files.
    ``blobs_of_the_base``: of that blob of the base image that was requested most.
    """

    most_of_a_file: int
    indexes: int
    again: int
    bytes_again: int
    blobs_of_the_base: int


def count(made: World) -> Counts:
    """Each index and each base once, and nothing but conditional requests the second time."""
    before = len(made.registry.requests())
    made.check("--recursive", str(made.root))
    paths = Counter(path.rstrip("?") for path in made.origin.requests())
    images = Counter(request.path for request in made.registry.requests()[before:])
    sent = made.origin.sent
    made.check("--recursive", str(made.root))
    return Counts(
        max(paths.values()),
        sum(number for path, number in paths.items() if "/binary-" in path),
        len(made.origin.requests()),
        made.origin.sent - sent,
        max(number for path, number in images.items() if "/blobs/" in path),
    )


def counts(packages: int = 300, files: int = 30, lines: int = 4) -> Counts:
    """The short form."""
    with world(packages, files, lines) as made:
        return count(made)


@dataclass(frozen=True, slots=True)
class Peer:
    """`apt-get update` and `freshlayer check`: seconds, requests and bytes, of a first run and of another."""

    cold: float
    warm: float
    requests: int
    sent: int


def _measured(made: World, act: Callable[[], object]) -> tuple[float, int, int]:
    made.origin.requested()
    sent = made.origin.sent
    started = time.perf_counter()
    act()
    return time.perf_counter() - started, made.origin.requested(), made.origin.sent - sent


def peer(made: World, act: Callable[[], object]) -> Peer:
    cold = _measured(made, act)[0]
    rounds = [_measured(made, act) for _ in range(PAIRS)]
    return Peer(cold, median(it[0] for it in rounds), rounds[0][1], rounds[0][2])


def apt(made: World) -> Peer:
    root = AptRoot(made.here / "apt-root")
    root.write({"/etc/apt/sources.list": sources(made.origin.url, SUITES)})
    return peer(made, root.update)


def ours(made: World) -> Peer:
    one = str(made.root / "service-0000")
    return peer(made, lambda: made.check(one))


def memory(made: World) -> float:
    """MiB of a check that parses the first index."""
    shutil.rmtree(made.here / "cache")
    one = str(made.root / "service-0001")
    return gauged(made.here / "out", made.environment, made.argv("check", one)).memory


def first_index(made: World) -> float:
    """Seconds of processor time: transfer, decompress, verify, parse, write, and a line."""
    cache = made.here / "first"
    session = _session(made, cache)
    taken = []
    for _ in range(PAIRS):
        shutil.rmtree(made.here / "first", ignore_errors=True)
        taken.append(_resolve(made, PackagesOfRun(IndexFiles(session, cache)), 0))
    return median(taken)


def line_seconds(made: World) -> list[float]:
    """Of processor time, of different lines one after the other, with indexes in the cache."""
    cache = made.here / "first"
    run = PackagesOfRun(IndexFiles(_session(made, cache), cache))
    _resolve(made, run, 0)
    return [_resolve(made, run, line) for line in range(1, LINES)]


def _session(made: World, cache: Path) -> Session:
    store = SqliteStore(made.here / "other-state", print)
    return Session(store=store, policy=Policy(), warn=print, clock=lambda: FIRST, indexes=cache)


def _resolve(made: World, run: PackagesOfRun, line: int) -> float:
    files = {"/etc/os-release": _OS_RELEASE, "/etc/apt/sources.list": sources(made.origin.url, SUITES)}
    key = ("docker-image://some/debian:12", "linux/amd64")
    base = BaseImage(*key, "sha256:aa", contents=BaseContents(files, {"apt": _STATUS}))
    update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=files, updates=True)
    words = tuple(words_of(line, PACKAGES))
    install = PackageCommand("apt", "apt-get", PackageAction.INSTALL, words, files=files, platform=key[1])
    chain = PackageChain(key, (PackageRun(1, 2, (update, install)),))
    started = time.process_time()
    (found,) = run.read([PackagesWanted((chain,), {key: base})])
    if found[1][0].resolution.problem:
        raise RuntimeError(str(found[1][0].resolution.problem))
    return time.process_time() - started


def lines() -> Iterator[str]:
    """A table of the figures, with their targets."""
    with world(PACKAGES, FILES, LINES) as made:
        theirs, own = apt(made), ours(made)
        first, taken = first_index(made), line_seconds(made)
        peak = memory(made)
        made.origin.requests()
        shutil.rmtree(made.here / "cache")
        found = count(made)
        whole = made.check("--recursive", str(made.root))
    yield f"A repository of {PACKAGES:,} packages in {len(SUITES)} suites, on loopback:"
    yield ""
    yield row("nothing new", "requests", "bytes of bodies", "seconds", "the first time")
    yield row(*["---"] * 5)
    yield _peer("`apt-get update`", theirs)
    yield _peer("`freshlayer check` of one Dockerfile", own)
    yield ""
    yield row("", "measured", "target", "met")
    yield row(*["---"] * 4)
    yield _target("the first index, transfer included (processor time)", first, MOST_FIRST, "s")
    yield _target(
        "the packages of a line, from the cache (median, processor time)",
        1000 * median(taken),
        MOST_LINE,
        "ms",
    )
    yield _target("peak memory of a check that reads the first index", peak, MOST_MEMORY, "MiB")
    yield from rows_of(found, f"{FILES:,} Dockerfiles with {LINES} lines")
    yield row("the same once more", f"{whole:.1f} s", "", "")


def rows_of(found: Counts, what: str) -> Iterator[str]:
    """A row for each count that has a target, so that the one that misses it is visible."""
    counted = (
        (f"{what}: most requests of a file of the repository", found.most_of_a_file, 1),
        (f"{what}: requests of indexes, of {len(SUITES)} suites", found.indexes, len(SUITES)),
        (f"{what}: most requests of a blob of the base", found.blobs_of_the_base, 1),
        ("the same once more: bytes of bodies", found.bytes_again, 0),
    )
    for name, measured, target in counted:
        yield row(name, measured, target, met(measured == target))


def _peer(name: str, it: Peer) -> str:
    return row(name, it.requests, f"{it.sent:,}", f"{it.warm:.2f}", f"{it.cold:.2f}")


def _target(what: str, measured: float, most: float, unit: str) -> str:
    return row(what, f"{measured:.1f} {unit}", f"{most:g} {unit}", met(measured <= most))
