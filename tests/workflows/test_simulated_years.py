"""200 steps of a distribution: after each, the packages of every line are those that apt-get itself answers.

With builders: ``tests/end_to_end/test_simulated_years.py``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.packages import (
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    PackagesWanted,
    Resolution,
)
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.index_files import IndexFiles
from freshlayer.workflows.packages import PackagesOfRun
from freshlayer.workflows.session import Session
from testing.apt_years import SUITES, Identities, Line, Oracle, Step, Years
from testing.debian_root import require_debian_root
from testing.package_origin import PackageOrigin, package_origin
from testing.years_image import LINES, status

STEPS = int(os.environ.get("FRESHLAYER_YEARS", "200"))
KEY = ("docker-image://docker.io/library/debian:stable", "linux/amd64")
RELEASE = "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"


class Counted(Struct):
    """In how many steps each policy would rebuild a line."""

    closure: int = 0
    named: int = 0
    index: int = 0
    missed_by_names: int = 0


class Watcher:
    """What freshlayer resolves, run after run, with the caches of one user."""

    def __init__(self, directory: Path, url: str, base_status: str) -> None:
        files = {
            "/etc/os-release": RELEASE,
            "/etc/apt/sources.list": "".join(f"deb [trusted=yes] {url} {suite} main\n" for suite in SUITES),
        }
        base = BaseImage(*KEY, "sha256:aa", contents=BaseContents(files, {"apt": base_status}))
        self._wanted = PackagesWanted(tuple(_chains(files)), {KEY: base}, 0)
        self._store = SqliteStore(directory / "state.sqlite3", print)
        self._directory = directory

    def look(self) -> dict[str, Resolution]:
        """By the line whose packages they are."""
        indexes = self._directory / "indexes"
        session = Session(
            store=self._store,
            policy=Policy(timeout=5, deadline=10),
            warn=print,
            clock=lambda: 1_800_000_000,
            indexes=indexes,
        )
        assert session.indexes is not None
        (found,) = PackagesOfRun(IndexFiles(session, session.indexes)).read([self._wanted])
        return {line.name: found[number][0].resolution for number, line in enumerate(LINES, 1)}

    def close(self) -> None:
        self._store.close()


def _chains(files: Mapping[str, str]) -> Iterator[PackageChain]:
    """The stages of ``testing.years_image``; the numbers are those of the lines, or of their readers."""
    runs: dict[str, list[PackageRun]] = {}
    for number, line in enumerate(LINES, 1):
        update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=files, updates=True)
        of_stage = runs.setdefault(line.after or line.name, [])
        if line.reader:
            of_stage += [
                PackageRun(number, number, (update,)),
                PackageRun(100 + number, number, (_command(line, files),)),
            ]
        else:
            of_stage.append(PackageRun(number, number, (update, _command(line, files))))
    yield from (PackageChain(KEY, tuple(of_stage)) for of_stage in runs.values())


def _command(line: Line, files: Mapping[str, str]) -> PackageCommand:
    verb, *words = line.arguments
    options = tuple((word.lstrip("-"), "") for word in words if word.startswith("-"))
    return PackageCommand(
        "apt", "apt-get", PackageAction(verb), line.named, options, files, platform=KEY[1], text="apt-get"
    )


def identities(resolution: Resolution) -> Identities:
    found = ((one.name, one.version, one.digest.removeprefix("sha256:")) for one in resolution.packages)
    return tuple(sorted(found))


@pytest.fixture
def years(tmp_path: Path) -> Years:
    require_debian_root()
    return Years(tmp_path / "years")


@pytest.fixture
def origin(years: Years) -> Iterator[PackageOrigin]:
    with package_origin(years.served) as served:
        yield served


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_packages_are_those_of_apt_in_every_step(
    years: Years, origin: PackageOrigin, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    base_status = status(years)
    oracle = Oracle(tmp_path / "root", base_status)
    watcher = Watcher(tmp_path, origin.url, base_status)
    expected = oracle.answers(years.served, LINES)
    known = {name: answer for name, answer in expected.items() if answer is not None}
    release, counted = _index(years.served), Counted()
    assert {name: identities(one) for name, one in watcher.look().items()} == known
    for _ in range(STEPS):
        step = years.step()
        origin.directory = years.served
        # A mirror that lags has nothing new.
        if step.kind != "lagging mirror":
            expected = oracle.answers(years.served, LINES)
        for name, resolution in watcher.look().items():
            _compare(step, name, resolution, expected[name])
        now = _index(years.served)
        _count(counted, known, expected, index_changed=now != release)
        release, known = now, {**known, **{name: one for name, one in expected.items() if one is not None}}
    watcher.close()
    record_property("rebuilds", f"{counted}")
    sys.stdout.write(f"{STEPS} steps, {len(LINES)} lines: {counted}\n")
    assert counted.closure < counted.index / 3, "an index as identity rebuilds far more often"
    assert counted.missed_by_names > counted.closure / 3, "names alone miss what changed"


def _compare(step: Step, name: str, resolution: Resolution, expected: Identities | None) -> None:
    if expected is None:
        assert resolution.problem is not None, (step, name, "what is recorded has to be kept")
    else:
        assert resolution.problem is None, (step, name, resolution.problem)
        assert identities(resolution) == expected, (step, name)


def _index(state: Path) -> str:
    return "".join((state / "dists" / suite / "Release").read_text() for suite in SUITES)


def _count(
    counted: Counted,
    known: Mapping[str, Identities],
    expected: Mapping[str, Identities | None],
    *,
    index_changed: bool,
) -> None:
    for line in LINES:
        answer = expected[line.name]
        changed = answer is not None and answer != known[line.name]
        named = changed and _of(answer or (), line.named) != _of(known[line.name], line.named)
        counted.closure += changed
        counted.named += named
        counted.index += index_changed
        counted.missed_by_names += changed and not named


def _of(found: Identities, names: tuple[str, ...]) -> Identities:
    return tuple(one for one in found if re.fullmatch("|".join(names) or "-", one[0]))
