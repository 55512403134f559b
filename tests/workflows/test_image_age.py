"""How old a base image is that moved, by a real registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.build import InstructionState
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.check import check_one
from freshlayer.workflows.record import remember
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target
from testing.servers.needs import require
from testing.stores.registry import Registry

NOW = 1_790_000_000
"""2026-09-21."""


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry() as served:
        yield served


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Why the FROM is stale, after a build with what was there before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = SqliteStore(tmp_path / "state.sqlite3", print)
    session = Session(store=store, policy=Policy(timeout=5, deadline=20), warn=print, clock=lambda: NOW)
    path = tmp_path / "Dockerfile"
    request = BuildRequest(("linux/amd64",))

    def check(image: str, push: Callable[[], object]) -> str:
        path.write_text(f"FROM {image}\nRUN curl -O http://127.0.0.1:9/$VERSION\n")
        source = Source(path.read_bytes(), "Dockerfile", str(path), str(tmp_path), str(path))
        built = check_one(Target.of(source, request), session)
        assert remember(source, request, replace(built, exit_code=0), {}, session)
        push()
        start = check_one(Target.of(source, request), session).instructions[0]
        assert start.state is InstructionState.STALE
        return start.reason.what

    yield check
    store.close()


def test_by_the_configuration_that_is_read_anyway(registry: Registry, moved: Callable[..., str]) -> None:
    registry.push_layers("one", "1", [], config={"Env": ["VERSION=1"]}, created="2026-09-01T01:02:03Z")

    def push() -> None:
        created = "2026-09-19T01:02:03.000000001Z"
        registry.push_layers("one", "1", [], config={"Env": ["VERSION=2"]}, created=created)

    assert moved(f"{registry.host}/one:1", push).endswith(" (created 2 days ago)")


def test_by_the_annotation_of_an_index(registry: Registry, moved: Callable[..., str]) -> None:
    registry.push_index("many", "1", {"linux/amd64": "one"}, created="2026-09-01T01:02:03Z")

    def push() -> None:
        registry.push_index("many", "1", {"linux/amd64": "two"}, created="2026-09-20T00:00:00Z")

    assert moved(f"{registry.host}/many:1", push).endswith(" (created 1 day ago)")


def test_an_image_without_a_real_date_has_no_age(registry: Registry, moved: Callable[..., str]) -> None:
    registry.push_layers("fixed", "1", [], config={"Env": ["VERSION=1"]}, created="1970-01-01T00:00:00Z")

    def push() -> None:
        registry.push_layers("fixed", "1", [], config={"Env": ["VERSION=2"]}, created="1970-01-01T00:00:00Z")

    assert "created" not in moved(f"{registry.host}/fixed:1", push)
