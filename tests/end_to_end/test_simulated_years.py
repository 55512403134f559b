"""Distributions move on; after each step exactly the RUNs run again that apt-get has other packages for.

Several distributions take a step before each build. ``FRESHLAYER_YEARS_BUILDS``: how many steps each builder
takes in all; CI takes each kind of step once for each distribution. 200 steps without a builder:
``tests/workflows/test_simulated_years.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from testing.apt_years import KINDS
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.debian_root import require_debian_root
from testing.logging_server import LoggingServer, Reply
from testing.package_origin import PackageOrigin, package_origin
from testing.servers.needs import require
from testing.stores.registry import Registry
from testing.years_history import History, serve
from testing.years_image import FIVE, MARKS, dockerfile, push, stale_marks, write

WORLDS = 4
STEPS = int(os.environ.get("FRESHLAYER_YEARS_BUILDS", str(WORLDS * len(KINDS))))
IMAGE = "years:latest"


class World(Struct):
    """``marks``: an origin whose log has what ran."""

    history: History
    base: str
    origin: PackageOrigin
    marks: LoggingServer

    def ran(self) -> set[str]:
        """The marks of the instructions that ran since the last call."""
        requests = self.marks.requests()
        ours = [it.target for it in requests if it.headers.get("user-agent", "").startswith("Wget")]
        return {target.lstrip("/") for target in ours} - {"file"}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    require_debian_root()
    return History(tmp_path_factory.mktemp("years"), WORLDS, -(-STEPS // WORLDS))


@pytest.fixture(scope="module")
def base(history: History) -> Iterator[str]:
    require("nginx", Registry.PROGRAM)
    with Registry() as registry:
        yield push(registry, history.years)


@pytest.fixture
def world(history: History, base: str, tmp_path: Path) -> Iterator[World]:
    served = tmp_path / "served"
    served.mkdir()
    serve(served, history.worlds, history.first)
    with (
        package_origin(served) as origin,
        LoggingServer(lambda _: Reply(headers={"ETag": '"constant"'})) as it,
    ):
        yield World(history, base, origin, it)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["buildkit", "classic"])
def test_exactly_the_instructions_with_other_packages_run_again(
    world: World,
    builders: Builders,
    name: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    project, worlds = tmp_path / "project", world.history.worlds
    text = dockerfile(world.base, worlds, world.marks.url, f"{world.marks.url}/file")
    write(project, text, worlds, world.origin.url)
    freshlayer = Freshlayer.of(builders[name], tmp_path / "state.sqlite3", project).but(
        state=None, **_directories(tmp_path)
    )
    first = freshlayer("build", "--network=host", "-t", IMAGE, ".", seconds=600)
    assert first.code == 0, first.err
    assert world.ran() == {FIVE, *(f"{it}-{mark}" for it in worlds for mark in MARKS)}
    rebuilt = by_index = 0
    for taken in world.history.rounds:
        serve(world.origin.directory, worlds, taken.states)
        checked = freshlayer("check", "--network=host", "--json", ".", seconds=120)
        assert checked.code == bool(taken.stale), (taken, checked.out, checked.err)
        stale = stale_marks(text.splitlines(), checked.document["instructions"])
        assert stale == taken.stale, (taken.steps, checked.out)
        built = freshlayer("build", "--network=host", "-t", IMAGE, ".", seconds=600)
        assert built.code == 0, (taken.steps, built.err)
        assert world.ran() == taken.ran, (taken.steps, built.err)
        rebuilt += len(taken.ran)
        # Every step has another index, so that it as an identity would run each RUN with packages again.
        by_index += len(worlds) * len(MARKS)
    steps = len(world.history.rounds) * len(worlds)
    record_property("rebuilds", f"{steps} steps: {rebuilt}, and {by_index} with the index as identity")
    sys.stdout.write(f"{name}: {steps} steps: {rebuilt} RUNs ran again; by the index: {by_index}\n")
    assert rebuilt < by_index / 3


def _directories(directory: Path) -> dict[str, str]:
    return {name: str(directory / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
