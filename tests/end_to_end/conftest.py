"""Both builders of one private engine, each with a freshlayer of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.engine import PrivateEngine
from testing.origins import ServeOrigin


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=["classic", "buildkit"])
def builder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def freshlayer(engine: PrivateEngine, builder: str, tmp_path: Path, project: Path) -> Freshlayer:
    environment = engine.environment(buildkit=builder == "buildkit")
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started
