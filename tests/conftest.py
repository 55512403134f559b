"""What the tests share: one private engine, and a home of their own: no test touches a user's state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.engine import PrivateEngine, available


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Once for all: thousands of small tests would pay for it each."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
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
    with PrivateEngine() as started:
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A build context."""
    folder = tmp_path / "context"
    folder.mkdir()
    return folder
