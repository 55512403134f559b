"""A distribution moves on; after each step exactly the RUNs run again that apt-get has other packages for.

``FRESHLAYER_YEARS_BUILDS``: how often each kind of step is taken with each builder. 200 steps without a
builder: ``tests/workflows/test_simulated_years.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec import Struct

from testing.apt_years import KINDS, Identities, Oracle, Step, Years
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.debian_root import require_debian_root
from testing.logging_server import LoggingServer, Reply
from testing.package_origin import PackageOrigin, package_origin
from testing.servers.needs import require
from testing.stores.registry import Registry
from testing.years_image import LINES, MARKS, push, runs, status, write

ROUNDS = int(os.environ.get("FRESHLAYER_YEARS_BUILDS", "1"))
IMAGE = "years:latest"


class World(Struct):
    """``ran``: the marks of the instructions that ran since the last call."""

    years: Years
    origin: PackageOrigin
    marks: LoggingServer
    oracle: Oracle
    base: str
    known: dict[str, Identities]

    def ran(self) -> set[str]:
        targets = (
            it.target.lstrip("/")
            for it in self.marks.requests()
            if it.headers.get("user-agent", "").startswith("Wget")
        )
        return set(targets) - {"file"}

    def step(self, kind: str) -> tuple[Step, set[str]]:
        """What happens, and which instructions have to run again."""
        step = self.years.step(kind)
        self.origin.directory = self.years.served
        if kind == "lagging mirror":
            return step, set()
        answers = self.oracle.answers(self.years.served, LINES)
        new = {name: one for name, one in answers.items() if one is not None and one != self.known[name]}
        self.known |= new
        return step, runs(set(new))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    require("nginx", Registry.PROGRAM)
    require_debian_root()
    years = Years(tmp_path / "years")
    with ExitStack() as stack:
        origin = stack.enter_context(package_origin(years.served))
        marks = stack.enter_context(LoggingServer(lambda _: Reply(headers={"ETag": '"constant"'})))
        base = push(stack.enter_context(Registry()), years, origin.url)
        oracle = Oracle(tmp_path / "root", status(years))
        answers = oracle.answers(years.served, LINES)
        known = {name: one for name, one in answers.items() if one is not None}
        yield World(years, origin, marks, oracle, base, known)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["buildkit", "classic"])
def test_exactly_the_instructions_with_other_packages_run_again(
    world: World,
    builders: Builders,
    name: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    builder = builders[name]
    project = tmp_path / "project"
    write(project, world.base, world.marks.url, f"{world.marks.url}/file")
    freshlayer = Freshlayer.of(builder, tmp_path / "state.sqlite3", project).but(
        state=None, **_directories(tmp_path)
    )
    first = freshlayer("build", "--network=host", "-t", IMAGE, ".", seconds=300)
    assert first.code == 0, first.err
    assert world.ran() == set(MARKS)
    rebuilt = by_index = 0
    for kind in [*KINDS] * ROUNDS:
        step, expected = world.step(kind)
        checked = freshlayer("check", "--network=host", ".", seconds=120)
        assert checked.code == bool(expected), (step, expected, checked.out, checked.err)
        built = freshlayer("build", "--network=host", "-t", IMAGE, ".", seconds=300)
        assert built.code == 0, (step, built.err)
        assert world.ran() == expected, (step, built.err)
        rebuilt += len(expected)
        by_index += len(MARKS) - 1
    # Every step has another index, so that it as an identity would run each RUN with packages again.
    record_property("rebuilds", f"{rebuilt}, and {by_index} with the index as identity")
    sys.stdout.write(f"{name}: {rebuilt} RUNs ran again; with the index as identity: {by_index}\n")
    assert rebuilt < by_index / 3


def _directories(directory: Path) -> dict[str, str]:
    return {name: str(directory / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
