"""Packages of pip, npm and cargo on real builders: what ran is read from the log of an origin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.cargo_registry import CargoRegistry, Crate
from testing.command import Freshlayer
from testing.logging_server import LoggingServer
from testing.npm_registry import NpmRegistry, Package, Published
from testing.python_index import PythonIndex, Wheel

_PROGRAM = "#!/bin/sh\nwget -q -O /$1.out {url}/{name} || exit 1\n"


def wheels(project: str, *versions: str, python: str = "") -> list[Wheel]:
    return [Wheel(f"{project}-{version}-py3-none-any.whl", python) for version in versions]


@pytest.fixture
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as found:
        found.publish("flask", wheels("flask", "1.0", "2.0"))
        yield found


@pytest.fixture
def registry() -> Iterator[NpmRegistry]:
    with NpmRegistry() as found:
        found.publish("serve", Package([Published("1.0.0"), Published("1.2.0")]))
        yield found


@pytest.fixture
def ran() -> Iterator[LoggingServer]:
    """The instructions that ran, by what stands for pip and npm in the image: no interpreter is in it."""
    with LoggingServer() as found:
        yield found


@pytest.fixture
def packages(
    freshlayer: Freshlayer, project: Path, index: PythonIndex, registry: NpmRegistry, ran: LoggingServer
) -> Freshlayer:
    (project / "bin").mkdir()
    for name in ("pip", "npm"):
        (project / "bin" / name).write_text(_PROGRAM.format(url=ran.url, name=name))
        (project / "bin" / name).chmod(0o755)
    lines = [
        f"FROM {BASE}",
        "COPY bin /bin",
        f"ENV PIP_INDEX_URL={index.url} npm_config_registry={registry.url}",
        "RUN pip install 'flask>=1,<3'",
        "RUN npm install -g serve@^1",
    ]
    (project / "Dockerfile").write_text("\n".join(lines) + "\n")
    return freshlayer


def programs(freshlayer: Freshlayer, ran: LoggingServer) -> list[str]:
    """Which of the two a build ran."""
    ran.requests()
    ended = freshlayer.build(".")
    assert ended.code == 0, ended.err
    return [request.target.lstrip("/") for request in ran.requests()]


def test_exactly_the_instruction_whose_package_changed_runs_again(
    packages: Freshlayer, index: PythonIndex, registry: NpmRegistry, ran: LoggingServer
) -> None:
    assert programs(packages, ran) == ["pip", "npm"]
    assert programs(packages, ran) == []
    registry.publish("serve", Package([Published("1.0.0"), Published("1.2.0"), Published("1.3.0")]))
    assert programs(packages, ran) == ["npm"]
    # pip is before npm, which runs again with it.
    index.publish("flask", wheels("flask", "1.0", "2.0", "2.1"))
    assert programs(packages, ran) == ["pip", "npm"]
    assert programs(packages, ran) == []


def test_what_the_requirement_excludes_changes_nothing(
    packages: Freshlayer, index: PythonIndex, registry: NpmRegistry, ran: LoggingServer
) -> None:
    programs(packages, ran)
    other = Wheel("flask-2.5-cp311-cp311-win_amd64.whl")
    yanked = Wheel("flask-2.4-py3-none-any.whl", yanked="broken")
    index.publish("flask", [*wheels("flask", "1.0", "2.0", "2.1rc1", "3.0"), other, yanked])
    releases = [Published(version) for version in ("1.0.0", "1.2.0", "2.0.0", "1.3.0-beta.1")]
    registry.publish(
        "serve", Package([*releases, Published("1.4.0", deprecated="broken")], {"latest": "1.2.0"})
    )
    assert programs(packages, ran) == []


@pytest.mark.parametrize(("origin", "name"), [("index", "flask"), ("registry", "serve")])
def test_an_index_that_is_down_breaks_no_build(
    origin: str,
    name: str,
    packages: Freshlayer,
    index: PythonIndex,
    registry: NpmRegistry,
    ran: LoggingServer,
) -> None:
    programs(packages, ran)
    (index if origin == "index" else registry).server.close()
    ran.requests()
    ended = packages.build(".")
    assert ended.code == 0, ended.err
    assert ran.requests() == [], ended
    assert name in ended.err, ended.err


def test_an_unchanged_index_sends_no_body(
    packages: Freshlayer, index: PythonIndex, ran: LoggingServer
) -> None:
    programs(packages, ran)
    index.server.requests()
    ended = packages("check", ".")
    assert ended.code == 0, ended
    requests = index.server.requests()
    assert len(requests) == 1
    assert requests[0].headers["if-none-match"]


def test_what_changed_is_named(packages: Freshlayer, index: PythonIndex, ran: LoggingServer) -> None:
    programs(packages, ran)
    index.publish("flask", wheels("flask", "1.0", "2.0", "2.1"))
    ended = packages("check", ".")
    assert ended.code == 1, ended
    assert "1 of 1 package changed: flask 2.0 → 2.1" in ended.out


@pytest.fixture
def crates() -> Iterator[CargoRegistry]:
    with CargoRegistry() as found:
        found.publish("tool", Crate("1.0.0"), Crate("1.1.0"))
        yield found


@pytest.fixture
def cargo(
    freshlayer: Freshlayer, project: Path, index: PythonIndex, crates: CargoRegistry, ran: LoggingServer
) -> Freshlayer:
    (project / "bin").mkdir()
    for name in ("pip", "cargo"):
        (project / "bin" / name).write_text(_PROGRAM.format(url=ran.url, name=name))
        (project / "bin" / name).chmod(0o755)
    lines = [
        f"FROM {BASE}",
        "COPY bin /bin",
        f"ENV PIP_INDEX_URL={index.url}",
        "RUN pip install flask",
        f"ENV CARGO_REGISTRIES_OWN_INDEX={crates.index}",
        "RUN cargo install --registry own --locked tool --version ^1",
    ]
    (project / "Dockerfile").write_text("\n".join(lines) + "\n")
    return freshlayer


def test_a_crate_that_matters_runs_exactly_its_instruction_again(
    cargo: Freshlayer, crates: CargoRegistry, ran: LoggingServer
) -> None:
    assert programs(cargo, ran) == ["pip", "cargo"]
    assert programs(cargo, ran) == []
    # Yanked, excluded by the requirement, a pre-release.
    crates.publish(
        "tool", *map(Crate, ("1.0.0", "1.1.0", "2.0.0", "1.3.0-rc.1")), Crate("1.2.0", yanked=True)
    )
    assert programs(cargo, ran) == []
    crates.publish("tool", *map(Crate, ("1.0.0", "1.1.0", "1.2.1")))
    assert programs(cargo, ran) == ["cargo"]
    assert programs(cargo, ran) == []


def test_a_registry_that_is_down_breaks_no_build(
    cargo: Freshlayer, crates: CargoRegistry, ran: LoggingServer
) -> None:
    programs(cargo, ran)
    crates.server.close()
    ran.requests()
    ended = cargo.build(".")
    assert ended.code == 0, ended.err
    assert ran.requests() == [], ended
    assert "tool" in ended.err, ended.err
