"""``--locked build`` with every kind of input: first nothing that moved is built, then exactly that."""

from __future__ import annotations

from pathlib import Path

from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.lock_world import LockWorld

ROUNDS = (
    ("content", "git", "image"),
    ("strong", "weak", "apt", "pip"),
    ("hashed", "s3", "apk", "npm"),
)


def test_a_locked_build_runs_exactly_what_moved(
    builders: Builders, lock_world: LockWorld, project: Path, tmp_path: Path
) -> None:
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(lock_world.dockerfile)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {**builders["sid-buildx"].environment(), **lock_world.environment, **cache}
    plain = Freshlayer(environment, tmp_path / "state.sqlite3", project)
    locked = plain.but("--locked")
    assert plain("lock", "--network=host", ".").code == 0
    told = locked.build(".")
    assert told.code == 0, told.err
    assert lock_world.ran() == {stage for stages in ROUNDS for stage in stages}
    for stages in ROUNDS:
        for stage in stages:
            lock_world.move(stage, "1.1")
        told = locked.build(".")
        assert (told.code, lock_world.ran()) == (125, set()), told.err
        assert plain("update").code == 0
        told = locked.build(".")
        assert told.code == 0, told.err
        assert lock_world.ran() == set(stages)
    told = locked.build(".")
    assert (told.code, lock_world.ran()) == (0, set()), told.err
