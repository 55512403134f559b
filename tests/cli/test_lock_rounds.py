"""Each kind of input on a real server: lock, it moves, verify names it, nothing is built, update.

What a build would run is read from the keys and pins of the derived Dockerfile; no builder is needed.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from testing.in_process import InProcess
from testing.lock_world import LockWorld

NAMES = {
    "content": "/content",
    "strong": "/strong",
    "weak": "/weak",
    "hashed": "/hashed",
    "git": "/repository",
    "s3": "s3://some-bucket/key",
    "image": "/some/moving:1",
    "apt": "apt/app",
    "apk": "apk/curl",
    "pip": "pypi/flask",
    "npm": "npm/serve",
}
"""Stage → how a report names what it reads."""


def stages_that_differ(before: str, after: str) -> set[str]:
    found: set[str] = set()
    stage = ""
    for old, new in zip(before.splitlines(), after.splitlines(), strict=True):
        named = re.search(r" AS (\w+)$", new)
        stage = named[1] if named else stage
        found |= {stage} if old != new else set()
    return found


def test_every_kind_of_input_goes_round(lock_world: LockWorld, project: Path, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}
    freshlayer = InProcess(
        {**os.environ, **lock_world.environment, **cache}, tmp_path / "state.sqlite3", project
    )
    (project / ".git").mkdir()
    (project / "Dockerfile").write_text(lock_world.dockerfile)
    told = freshlayer("lock", ".")
    assert (told.code, "not covered" in told.out) == (0, False), told.out + told.err
    assert freshlayer("verify").code == 0
    before = freshlayer("--locked", "render", ".").out
    assert stages_that_differ(lock_world.dockerfile, before) >= NAMES.keys()
    for stage, name in NAMES.items():
        lock_world.move(stage, "1.1")
        told = freshlayer("verify", "--json")
        (change,) = json.loads(told.out)["changes"]
        assert (told.code, change["kind"], name in change["subject"]) == (1, "changed", True), change
        told = freshlayer("--locked", "render", ".")
        assert (told.code, told.out, name in told.err) == (2, "", True), told.err
        assert freshlayer("update").code == 0
        after = freshlayer("--locked", "render", ".")
        assert after.code == 0, after.err
        assert stages_that_differ(before, after.out) == {stage}
        before = after.out
    assert freshlayer("verify", "--content").code == 0
