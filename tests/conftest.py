"""What the tests share: one private engine, and a home of their own: no test touches a user's state."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from testing.engine import PrivateEngine, available
from testing.servers.needs import require

if TYPE_CHECKING:
    from testing.builders.table import Builders
    from testing.lock_world import LockWorld
    from testing.postgres import Postgres
    from testing.stores.azure import Azurite
    from testing.stores.maven import MavenRepository
    from testing.stores.s3 import SeaweedS3


# Workers, engines and servers share two cores: how long an example takes there says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_configure() -> None:
    """What a shell starts in the background ignores SIGINT, and so would every program that we start.

    Those that the tests start are compiled once, whatever the environment has.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Once for all: thousands of small tests would pay for it each."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
            patch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[PrivateEngine]:
    """A Docker daemon of the tests' own; skipped, with the reason, where none can be started."""
    reason = available()
    if reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to have an engine: {reason}")
        pytest.skip(reason)
    with PrivateEngine(in_memory=True) as started:
        yield started


@pytest.fixture(scope="session")
def builders() -> Iterator[Builders]:
    """Real builders, each started when it is first asked for."""
    from testing.builders.table import Builders

    with Builders() as started:
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A build context."""
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


# Servers that take long to start: one of each for all tests that ask them. They are imported where they are
# wanted, so that tests of pure session load none of it.


@pytest.fixture(scope="session")
def seaweed() -> Iterator[SeaweedS3]:
    from testing.stores.s3 import SeaweedS3

    require("nginx", SeaweedS3.PROGRAM)
    with SeaweedS3() as store:
        yield store


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    from testing.stores.azure import Azurite

    require("nginx", "node", Azurite.PROGRAM)
    with Azurite() as store:
        yield store


@pytest.fixture(scope="session")
def maven() -> Iterator[MavenRepository]:
    from testing.stores.maven import MavenRepository

    require("nginx", "mvn")
    with MavenRepository() as repository:
        yield repository


@pytest.fixture
def lock_world(tmp_path: Path) -> Iterator[LockWorld]:
    """A server for each kind of input that a lock file has."""
    from testing import lock_world
    from testing.stores.registry import Registry
    from testing.stores.s3 import RcloneS3

    require("nginx", "git", Registry.PROGRAM, RcloneS3.PROGRAM)
    (tmp_path / "world").mkdir()
    with lock_world.lock_world(tmp_path / "world") as found:
        yield found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server, with a new database for each test that asks for one."""
    from testing.postgres import Postgres, programs

    try:
        programs()
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to have it: {error}")
        pytest.skip(str(error))
    with Postgres() as started:
        yield started
