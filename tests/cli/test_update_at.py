"""``update --at``: packages as they were on a day, or an error with the names of what can't be dated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.git_daemon import GitDaemon
from testing.npm_registry import NpmRegistry, Package, Published
from testing.origins import ServeOrigin
from testing.python_index import PythonIndex, Wheel


@pytest.fixture
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        files = [
            Wheel(f"flask-{number}.0-py3-none-any.whl", uploaded=f"2026-0{number}-15T12:00:00Z")
            for number in (1, 2, 3)
        ]
        found.publish("flask", files)
        yield found


@pytest.fixture
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry() as found:
        every = [Published(f"{number}.0.0", time=f"2026-0{number}-15T12:00:00.000Z") for number in (1, 2, 3)]
        found.publish("serve", Package(every))
        yield found


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path, index: PythonIndex, registry: NpmRegistry) -> Freshlayer:
    """With a lock file of today."""
    (project / ".git").mkdir()
    lines = [
        f"RUN pip install --index-url {index.url} flask",
        f"RUN npm i -g --registry {registry.url} serve",
    ]
    (project / "Dockerfile").write_text("\n".join(["FROM scratch", *lines, ""]))
    cache = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    made = Freshlayer({**os.environ, **cache}, tmp_path / "state.sqlite3", project)
    told = made("lock", ".")
    assert told.code == 0, told.err
    return made


def locked(project: Path) -> str:
    return (project / "freshlayer.lock").read_text()


@pytest.mark.parametrize(
    ("day", "version"),
    [("2026-02-15", 2), ("2026-02-15T12:00:00Z", 2), ("2026-02-15T11:59:59Z", 1)],
)
def test_packages_are_those_of_that_day(
    freshlayer: Freshlayer, project: Path, day: str, version: int
) -> None:
    before = locked(project)
    assert ("flask 3.0 " in before, "serve 3.0.0 " in before) == (True, True)
    told = freshlayer("update", "--at", day, "--exit-code")
    assert told.code == 1, told.err
    assert f"pypi/flask [linux/amd64]: 3.0 → {version}.0" in told.out
    assert f"npm/serve [linux/amd64]: 3.0.0 → {version}.0.0" in told.out
    assert freshlayer("verify").code == 1
    assert freshlayer("update").code == 0
    assert locked(project) == before


def test_an_index_without_an_answer_is_no_success(
    freshlayer: Freshlayer, project: Path, index: PythonIndex
) -> None:
    before = locked(project)
    index.server.close()
    told = freshlayer("update")
    assert (told.code, locked(project)) == (2, before)
    assert f"{project}/Dockerfile:2: pypi: " in told.err
    assert "(nothing was written)" in told.err
    assert freshlayer("update", "npm/*").code == 0


def test_what_is_not_named_stays(freshlayer: Freshlayer, project: Path) -> None:
    assert freshlayer("update", "--at", "2026-01-31", "pypi/*").code == 0
    assert ("flask 1.0 " in locked(project), "serve 3.0.0 " in locked(project)) == (True, True)


def test_what_cant_be_dated_is_an_error_with_its_name(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin, (project / "Dockerfile").open("a") as file:
        file.write(f"RUN curl {origin.url}a\n")
        file.flush()
        assert freshlayer("lock", ".").code == 0
        before = locked(project)
        told = freshlayer("update", "--at", "2026-02-15")
        assert (told.code, f"{origin.url}a" in told.err, "flask" in told.err) == (2, True, False)
        assert locked(project) == before
        assert freshlayer("update", "--at", "2026-02-15", "npm/*", "pypi/*").code == 0
        assert "flask 2.0 " in locked(project)


def test_a_branch_is_its_last_commit_of_that_day(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    made = freshlayer.but(PATH=os.environ["PATH"])
    with GitDaemon(tmp_path / "git") as git, (project / "Dockerfile").open("a") as file:
        git.git("checkout", "--quiet", "--orphan", "dated")
        first = git.commit("first", "2026-01-20T12:00:00 +0000")
        second = git.commit("second", "2026-02-20T12:00:00 +0000")
        file.write(f"ADD {git.url}.git#dated /a\n")
        file.flush()
        (git.path.parent / "repository.git").symlink_to(git.path)
        assert made("lock", ".").code == 0
        assert f"commit:{second}" in locked(project)
        told = made("update", "--at", "2026-02-15")
        assert told.code == 0, told.err
        assert f"{second[:12]} → {first[:12]}" in told.out
        assert "flask 2.0 " in locked(project)
        before = locked(project)
        told = made("update", "--at", "2026-01-15", "git+*")
        assert (told.code, "#dated: refs/heads/dated has no commit of that day" in told.err) == (2, True)
        assert locked(project) == before


@pytest.mark.parametrize("names", [(), ("pypi/*",)])
def test_what_the_dockerfile_gained_and_cant_be_dated_is_an_error(
    freshlayer: Freshlayer, project: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    before = locked(project)
    with ServeOrigin(tmp_path, '"v1"') as origin, (project / "Dockerfile").open("a") as file:
        file.write(f"ADD {origin.url}a /a\n")
        file.flush()
        told = freshlayer("update", "--at", "2026-02-15", *names)
        assert (told.code, f"{origin.url}a" in told.err, locked(project)) == (2, True, before), told.err
        assert "freshlayer lock adds them" in told.err
        assert freshlayer("lock", ".").code == 0
        assert freshlayer("update", "--at", "2026-02-15", "pypi/*").code == 0


def test_packages_that_the_dockerfile_gained_are_those_of_that_day(
    freshlayer: Freshlayer, project: Path, registry: NpmRegistry
) -> None:
    with (project / "Dockerfile").open("a") as file:
        file.write(f"RUN npm i -g --registry {registry.url} serve@^2\n")
    assert freshlayer("update", "--at", "2026-02-15").code == 0
    assert locked(project).count("serve 2.0.0 ") == 2


@pytest.mark.parametrize("names", [(), ("npm/*",)])
def test_packages_that_the_dockerfile_gained_and_no_index_states_for_that_day(
    freshlayer: Freshlayer, project: Path, index: PythonIndex, names: tuple[str, ...]
) -> None:
    index.publish("other", [Wheel("other-1.0-py3-none-any.whl")])
    before = locked(project)
    with (project / "Dockerfile").open("a") as file:
        file.write(f"RUN pip install --index-url {index.url} other\n")
    told = freshlayer("update", "--at", "2026-02-15", *names)
    assert (told.code, "pypi: " in told.err, locked(project)) == (2, True, before), told.err


@pytest.mark.parametrize(("time", "version"), [("T23:59:59.999Z", 3), ("T00:00:00Z", 2)])
def test_the_last_fraction_of_a_second_of_a_day_is_part_of_it(
    freshlayer: Freshlayer, project: Path, registry: NpmRegistry, time: str, version: int
) -> None:
    day = "2026-03-14" if version == 3 else "2026-03-15"
    every = [Published("2.0.0", time="2026-02-15T12:00:00.000Z"), Published("3.0.0", time=f"{day}{time}")]
    registry.publish("serve", Package(every))
    assert freshlayer("update", "--at", "2026-03-14", "npm/*").code == 0
    assert f"serve {version}.0.0 " in locked(project)


def test_an_index_without_an_answer_for_that_day_writes_nothing(
    freshlayer: Freshlayer, project: Path, index: PythonIndex
) -> None:
    before = locked(project)
    told = freshlayer("update", "--at", "2025-12-31")
    assert told.code == 2
    assert "nothing was written" in told.err
    index.publish("flask", [Wheel("flask-3.0-py3-none-any.whl")])
    told = freshlayer("update", "--at", "2026-02-15")
    assert (told.code, "does not state when its versions were published" in told.err) == (2, True), told.err
    assert locked(project) == before


@pytest.mark.parametrize("day", ["yesterday", "20260215", "", "2026-02-30", "1969-01-01", "-2026-02-15"])
def test_what_is_no_day(freshlayer: Freshlayer, day: str) -> None:
    told = freshlayer("update", f"--at={day}")
    assert (told.code, "--at: not a date" in told.err) == (2, True)


def test_a_day_and_security_updates_exclude_each_other(freshlayer: Freshlayer) -> None:
    assert freshlayer("update", "--at", "2026-02-15", "--security").code == 2
