"""A build that is killed at any moment leaves a state, images and verdicts that are right."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import FRESHLAYER, Freshlayer
from testing.origins import DirectoryOrigin
from testing.process import wait_until

KILLS = int(os.environ.get("FRESHLAYER_KILLS", "25"))
"""For each of two builders."""
LONGEST_WAIT = 0.9
"""Seconds after which a kill comes at the latest; a build takes about as long."""
FOLLOWED = 5
"""After so many kills a build goes on to its end."""
OF_CLIENT = "docker-build-tempdockerfile-"
"""The classic client's copy of a Dockerfile, which it leaves when it is killed."""
TEXT = """\
FROM {base}
RUN wget -q -O /file {url}file && sleep 0.1
RUN cp /file /copy
"""


@pytest.fixture(params=["buildkit", "classic"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


class World:
    """An origin whose file changes, and the image that is built of it."""

    def __init__(
        self, builder: Builder, freshlayer: Freshlayer, served: Path, origin: DirectoryOrigin
    ) -> None:
        self._builder, self._freshlayer = builder, freshlayer
        self._served, self._origin = served, origin
        self.content = ""
        text = TEXT.format(base=BASE, url=origin.url)
        (freshlayer.directory / "Dockerfile").write_text(text)

    def change(self, content: str) -> None:
        """The file is replaced, as a server's file should be."""
        self.content = content
        (self._served / "new").write_text(content)
        (self._served / "new").rename(self._served / "file")

    def build(self) -> list[str]:
        """A build to its end; what the builder fetched."""
        before = len(self._fetched())
        told = self._freshlayer.build("--tag", "killed", ".")
        assert told.code == 0, told.err
        assert "set aside" not in told.err
        assert "unexpected" not in told.err
        return self._fetched()[before:]

    def is_fresh(self) -> bool:
        told = self._freshlayer("check", "--network=host", ".")
        assert told.code in {0, 1}, told.err
        return told.code == 0

    def image(self) -> str:
        """The content of the file in the image."""
        shown = self._builder.run("run", "--rm", "--network=none", "killed", "cat", "/copy", check=False)
        return shown.stdout

    def kill(self, chance: random.Random) -> None:
        """A build that is killed: freshlayer itself, or the builder's client."""
        argv = [
            *FRESHLAYER,
            "--state",
            str(self._freshlayer.state),
            "build",
            "--network=host",
            "--tag",
            "killed",
            ".",
        ]
        with subprocess.Popen(
            argv,
            cwd=self._freshlayer.directory,
            env=dict(self._freshlayer.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(chance.uniform(0, LONGEST_WAIT))
            clients = _children(process.pid)
            victim = chance.choice([process.pid, *clients])
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            process.wait(30)
        # A client that lost its parent builds on: what comes next must not meet it.
        wait_until(lambda: not any(map(_is_alive, clients)), seconds=30, what="the end of the client")

    def _fetched(self) -> list[str]:
        seen = self._origin.requests()
        return [r.path for r in seen if "Wget" in r.headers.get("user-agent", "")]


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_kills_leave_state_images_and_verdicts_right(builder: Builder, tmp_path: Path, project: Path) -> None:
    temporary, served = tmp_path / "temporary", tmp_path / "served"
    temporary.mkdir()
    served.mkdir()
    (served / "file").write_text("0")
    chance = random.Random(1)
    ours = Freshlayer.of(builder, tmp_path / "state.sqlite3", project).but(TMPDIR=str(temporary))
    with DirectoryOrigin(tmp_path, served) as origin:
        world = World(builder, ours, served, origin)
        world.change("first")
        world.build()
        for number in range(KILLS):
            changes = chance.random() < 0.5
            if changes:
                world.change(f"content {number}")
            world.kill(chance)
            if number % FOLLOWED == FOLLOWED - 1:
                _follow(world)
        _follow(world)
        left = [path.name for path in temporary.iterdir()]
        assert [name for name in left if not name.startswith(OF_CLIENT)] == []
    with contextlib.closing(sqlite3.connect(ours.state)) as state:
        assert state.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [path.name for path in tmp_path.iterdir() if "sqlite3." in path.name] == []


def _follow(world: World) -> None:
    """What a history without kills gives: a verdict that fits the image, one download at most, then none."""
    if world.is_fresh():
        assert world.image() == world.content
    fetched = world.build()
    assert len(fetched) <= 1
    assert world.image() == world.content
    assert world.is_fresh()
    assert world.build() == []
