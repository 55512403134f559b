"""Start-up: the commands that are typed most, beside their floor, and beside ``curl`` doing the same request.

The floor is an interpreter that does nothing, and for ``check`` one that only loads libcurl.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.installed import AS_INSTALLED
from bench.origins import old_file, trusting
from bench.pairs import Pairs, seconds, timed
from bench.tables import met, row
from bench.traced import Traced, traced
from testing.servers.nginx import Nginx
from testing.tls import self_signed

PAIRS = 20
TARGET = 3.0
OF_HELP = 2.0
OF_INPUTS = 3.5
OF_CHECK = 1.5
_STALE = 1


@dataclass(frozen=True, slots=True)
class Row:
    """`peer`: the command beside it. `target`: the most that the ratio may be."""

    command: str
    peer: str
    scheme: str
    pairs: Pairs
    modules: int
    target: float | None = None

    def __str__(self) -> str:
        aim = [] if self.target is None else [f"≤ {self.target:.1f}", met(self.pairs.ratio <= self.target)]
        return row(
            f"`{self.command}`",
            self.scheme,
            f"{self.pairs.freshlayer * 1000:.0f} ms",
            f"`{self.peer}` {self.pairs.peer * 1000:.0f} ms",
            f"{self.pairs.ratio:.1f}",
            self.modules,
            *(aim or ["", ""]),
        )


@dataclass(frozen=True, slots=True)
class Site:
    """A Dockerfile with one URL, whose origin answers 304 by now."""

    context: Path
    state: Path
    url: str
    environment: Mapping[str, str]
    origin: Nginx

    def trace(self, *words: str) -> Traced:
        return traced(*self._options(words), *words, environment=self.environment)

    def ours(self, *words: str) -> list[str]:
        return [*AS_INSTALLED, *self._options(words), *words]

    def _options(self, words: Sequence[str]) -> list[str]:
        """Help is for a line without options."""
        return [] if words[0] == "--help" else ["--state", str(self.state)]


@contextmanager
def site(*, tls: bool) -> Iterator[Site]:
    """With TLS or without."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        here = Path(directory)
        served, context = here / "served", here / "context"
        served.mkdir()
        context.mkdir()
        old_file(served / "file", "file")
        shown = self_signed(here)
        with Nginx(served, tls=shown if tls else None) as origin:
            url = f"{origin.url}file"
            (context / "Dockerfile").write_text(f"FROM scratch\nRUN wget {url}\n")
            made = Site(context, here / "state", url, trusting(here, shown), origin)
            for _ in range(2):
                seconds(made.ours("check", str(context)), made.environment, code=_STALE)
            yield made


def _row(made: Site, command: Sequence[str], peer: Sequence[str], *, code: int, target: float | None) -> Row:
    words = [str(made.context) if word == "." else word for word in command]
    argv = [made.url if word == "URL" else word for word in peer]
    taken = timed(argv, made.ours(*words), made.environment, PAIRS, code=code)
    shown = ["python" if word == sys.executable else word for word in peer]
    name = " ".join(word if len(word) < 20 else "…" for word in shown)
    scheme = made.url.partition(":")[0] if "URL" in peer else "-"
    return Row(
        f"freshlayer {' '.join(command)}", name, scheme, taken, len(set(made.trace(*words).modules)), target
    )


def lines() -> Iterator[str]:
    """Markdown: a row for each command."""
    yield f"One URL, answered by 304. Medians of {PAIRS} pairs."
    yield ""
    yield "| command | scheme | takes | peer | ratio | modules loaded | target | met |"
    yield "|" + "---|" * 8
    conditional = ["curl", "-sSI", "-H", 'If-None-Match: "0"', "URL"]
    with site(tls=True) as made:
        nothing, libcurl = [sys.executable, "-c", "pass"], [sys.executable, "-c", "import pycurl"]
        yield str(_row(made, ["--help"], nothing, code=0, target=OF_HELP))
        yield str(_row(made, ["inputs", "."], nothing, code=0, target=OF_INPUTS))
        yield str(_row(made, ["check", "."], libcurl, code=_STALE, target=OF_CHECK))
        row = _row(made, ["check", "."], conditional, code=_STALE, target=TARGET)
        yield str(row)
    with site(tls=False) as made:
        yield str(_row(made, ["check", "."], conditional, code=_STALE, target=TARGET))
        yield ""
        yield _of_libraries([made.url if word == "URL" else word for word in conditional])


def _of_libraries(curl: Sequence[str]) -> str:
    """What the libraries alone take, loaded as freshlayer loads them: the floor of a design with them."""
    inputs = _floor([sys.executable, "-c", "pass"], "msgspec")
    of_check = ("msgspec", "pycurl")
    check = _floor([sys.executable, "-c", "import pycurl"], *of_check)
    return (
        f"The libraries alone take, of `inputs` (msgspec) {inputs:.1f} times `python -c pass`; "
        f"of `check` (msgspec, pycurl, sqlite3) {check:.1f} times `python -c 'import pycurl'`, and "
        f"{_floor(curl, *of_check):.1f} times `curl` without TLS."
    )


def _floor(peer: Sequence[str], *libraries: str) -> float:
    lean = f"from freshlayer.lean_libraries import load_lean; [*map(load_lean, {libraries})]"
    more = "; import _sqlite3" if "pycurl" in libraries else ""
    code = f"{lean}{more}; from freshlayer.cli.leave import leave; leave(0)"
    return timed(peer, [sys.executable, "-c", code], os.environ, PAIRS).ratio
