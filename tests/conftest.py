"""What the tests share: one private engine, and a home of their own: no test touches a user's state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.engine import PrivateEngine, available


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


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
