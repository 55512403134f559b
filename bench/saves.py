"""What it saves: one large and nine small downloads, of which a small one changed, built in three ways.

Loopback has no speed limit, so the origin sends each file at ``RATE``, as a fast line would; what counts for
slower ones are the bytes. Which files were sent, and how much of them, is read from the origin's log.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from testing.base_image import BASE
from testing.engine import PrivateEngine, available
from testing.servers.base import Served
from testing.servers.nginx import Nginx

MEGABYTE = 1_000_000
LARGE = 200 * MEGABYTE
SMALL = 1 * MEGABYTE
SMALL_ONES = 9
CHANGED = 4
RATE = 20
ROUNDS = 3
TAG = "saves"

_DOCKERFILE = """\
FROM {base} AS other
RUN wget -q -O /large {url}large

FROM {base}
{small}COPY --from=other /large /large
"""
_EPOCH = 1_700_000_000
_SLOWLY = "limit_rate {rate}m;"


@dataclass(frozen=True, slots=True)
class Built:
    """One build. ``body_bytes`` that the origin sent, ``downloads`` by the build's own wget.

    ``probes``: requests that freshlayer made; ``current``: whether the image has the file as it is now.
    """

    seconds: float
    body_bytes: int
    downloads: int
    probes: int
    current: bool


@dataclass(frozen=True, slots=True)
class Way:
    """The builds of one way, one in each round."""

    name: str
    builds: tuple[Built, ...]

    @property
    def seconds(self) -> float:
        return median(built.seconds for built in self.builds)

    @property
    def last(self) -> Built:
        return self.builds[-1]

    def __str__(self) -> str:
        image = "the current file" if self.last.current else "**the old file**"
        moved = f"{self.last.body_bytes / MEGABYTE:.1f} MB | {self.last.downloads} | {self.last.probes}"
        return f"| `{self.name}` | {self.seconds:.1f} s | {moved} | {image} |"


@dataclass(frozen=True, slots=True)
class Site:
    """The origin's files, and a context whose Dockerfile downloads them."""

    engine: PrivateEngine
    origin: Nginx
    here: Path

    @property
    def context(self) -> Path:
        return self.here / "context"

    def write(self, large: int) -> None:
        """The large file is all holes: only its length matters. None is so young that its tag is doubted."""
        path = self.origin.directory / "large"
        with path.open("wb") as file:
            file.truncate(large)
        os.utime(path, (_EPOCH, _EPOCH))
        for number in range(SMALL_ONES):
            self.change(number, 0)
        small = "".join(f"RUN wget -q -O /{name} {self.origin.url}{name}\n" for name in _SMALL_NAMES)
        self.context.mkdir()
        text = _DOCKERFILE.format(base=BASE, url=self.origin.url, small=small)
        (self.context / "Dockerfile").write_text(text, encoding="utf-8")

    def change(self, number: int, version: int) -> None:
        """nginx's entity tag is of length and whole seconds, so a second version needs another second."""
        path = self.origin.directory / _SMALL_NAMES[number]
        path.write_bytes(_content(number, version))
        os.utime(path, (_EPOCH + version,) * 2)

    def build(self, version: int, argv: Sequence[str]) -> Built:
        with self.origin.watched() as served:
            started = time.perf_counter()
            environment = self.engine.environment(buildkit=True)
            subprocess.run(argv, env=environment, check=True, capture_output=True)
            seconds = time.perf_counter() - started
        ours = [one for one in served if _is_ours(one)]
        body_bytes = sum(one.body_bytes for one in served)
        return Built(seconds, body_bytes, len(served) - len(ours), len(ours), self._has(version))

    def _has(self, version: int) -> bool:
        """Whether the image holds this version of the file that changes."""
        container = self.engine.run("create", TAG).stdout.strip()
        copy = self.here / "copy"
        self.engine.run("cp", f"{container}:/{_SMALL_NAMES[CHANGED]}", str(copy))
        self.engine.run("rm", container)
        return copy.read_bytes() == _content(CHANGED, version)


_SMALL_NAMES = tuple(f"small{number}" for number in range(SMALL_ONES))


def _content(number: int, version: int) -> bytes:
    return f"{number} {version}\n".encode().ljust(SMALL, b".")


def _is_ours(served: Served) -> bool:
    return served.headers.get("user-agent", "").startswith("freshlayer")


def _ways(site: Site) -> dict[str, list[str]]:
    words = ["--network=host", "-t", TAG, str(site.context)]
    ours = [sys.executable, "-m", "freshlayer", "--state", str(site.here / "state")]
    return {
        "docker build --no-cache": ["docker", "build", "--no-cache", *words],
        "docker build": ["docker", "build", *words],
        "freshlayer build": [*ours, "build", *words],
    }


def measure(
    engine: PrivateEngine, *, large: int = LARGE, rate: int | None = RATE, rounds: int = ROUNDS
) -> tuple[Way, ...]:
    """In each round the file changes and each way builds once; ``rate`` in MB/s, None for no limit."""
    slowly = _SLOWLY.format(rate=rate) if rate else ""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory, Nginx(server=slowly) as origin:
        site = Site(engine, origin, Path(directory))
        site.write(large)
        ways = _ways(site)
        for name in ("docker build", "freshlayer build"):
            site.build(0, ways[name])
        builds = [_round(site, version, ways) for version in range(1, rounds + 1)]
    return tuple(Way(name, tuple(found[name] for found in builds)) for name in ways)


def _round(site: Site, version: int, ways: Mapping[str, Sequence[str]]) -> dict[str, Built]:
    """The plain build comes first: the one without a cache would leave it layers that are not old."""
    site.change(CHANGED, version)
    order = ("docker build", "freshlayer build", "docker build --no-cache")
    return {name: site.build(version, ways[name]) for name in order}


def counts(engine: PrivateEngine) -> dict[str, Built]:
    """The same with a large file that is not large, once: what was sent, not how long it took."""
    found = measure(engine, large=2 * MEGABYTE, rate=None, rounds=1)
    return {way.name: way.last for way in found}


def lines() -> Iterator[str]:
    """Markdown: what was measured, and a row for each way."""
    reason = available()
    if reason:
        yield f"What it saves: not measured, {reason}"
        return
    with PrivateEngine() as engine:
        ways = measure(engine)
    yield (
        f"One download of {LARGE // MEGABYTE} MB in a stage of its own and {SMALL_ONES} of 1 MB,"
        f" all built before, and one small file changed since. The origin sends each file at {RATE} MB/s."
        f" BuildKit, medians of {ROUNDS} rounds."
    )
    yield ""
    yield "| command | time | from the origin | downloads | probes | the image has |"
    yield "|---|---|---|---|---|---|"
    yield from (str(way) for way in ways)
    yield ""
    yield _verdict(*ways)


def _verdict(uncached: Way, plain: Way, ours: Way) -> str:
    wrong = "the same file as before: fast, and wrong" if not plain.last.current else "the current file"
    return (
        f"`freshlayer build` takes {ours.seconds / uncached.seconds:.2f} of the time of `--no-cache`"
        f" and {ours.last.body_bytes / uncached.last.body_bytes:.3f} of its bytes."
        f" The changed file is number {CHANGED + 1}"
        f" of {SMALL_ONES} in its stage: it and the {SMALL_ONES - CHANGED - 1} behind it are fetched again;"
        " nginx makes its tag of time and length, so freshlayer has looked at the small body itself as well."
        f" A plain `docker build` downloads {plain.last.downloads} files and gives an image with {wrong}."
    )
