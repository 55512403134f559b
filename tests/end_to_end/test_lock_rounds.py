"""``--locked build`` with every kind of input: first nothing that moved is built, then exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.lock_world import LockWorld, lock_world
from testing.servers.needs import require
from testing.stores.registry import Registry
from testing.stores.s3 import RcloneS3

ROUNDS = (
    ("content", "git", "image"),
    ("strong", "weak", "apt", "pip"),
    ("hashed", "s3", "apk", "npm"),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LockWorld]:
    require("nginx", "git", Registry.PROGRAM, RcloneS3.PROGRAM)
    (tmp_path / "world").mkdir()
    with lock_world(tmp_path / "world") as found:
        yield found


def test_a_locked_build_runs_exactly_what_moved(
    builders: Builders, world: LockWorld, project: Path, tmp_path: Path
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(world.dockerfile)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {**builders["sid-buildx"].environment(), **world.environment, **cache}
    plain = Freshlayer(environment, tmp_path / "state.sqlite3", project)
    locked = plain.but("--locked")
    assert plain("lock", "--network=host", ".").code == 0
    told = locked.build(".")
    assert told.code == 0, told.err
    assert world.ran() == {stage for stages in ROUNDS for stage in stages}
    for stages in ROUNDS:
        for stage in stages:
            world.move(stage, "1.1")
        told = locked.build(".")
        assert (told.code, world.ran()) == (125, set()), told.err
        assert plain("update").code == 0
        told = locked.build(".")
        assert told.code == 0, told.err
        assert world.ran() == set(stages)
    told = locked.build(".")
    assert (told.code, world.ran()) == (0, set()), told.err
