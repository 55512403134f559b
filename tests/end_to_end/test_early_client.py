"""A docker client that builds by itself starts while origins are probed, and waits for its Dockerfile."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.command import FRESHLAYER, Freshlayer
from testing.logging_server import Logged, LoggingServer, Reply
from testing.process import wait_until

pytestmark = pytest.mark.parametrize("builder", ["buildkit"], indirect=True)


class Held:
    """An origin that answers its first request when it is let go."""

    def __init__(self, server: LoggingServer) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.status = 200
        server.script = self._answer
        self.url = server.url

    def _answer(self, _request: Logged) -> Reply:
        self.asked.set()
        self.may_answer.wait(30)
        return Reply(self.status, {"ETag": '"1"'}, b"file")


@pytest.fixture
def held(project: Path) -> Iterator[Held]:
    with LoggingServer() as server:
        held = Held(server)
        (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -q -O /file {server.url}/file\n")
        yield held
        held.may_answer.set()


@contextmanager
def waiting(ours: Freshlayer, held: Held) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A build whose origin does not answer yet, and the process of its client."""
    argv = [*FRESHLAYER, "--state", str(ours.state), "build", "--network=host", "--tag", "early", "."]
    with subprocess.Popen(
        argv,
        cwd=ours.directory,
        env=dict(ours.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert held.asked.wait(30)
        (client,) = children(process.pid)
        yield process, client
        held.may_answer.set()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def has_image(builder: Builder) -> bool:
    return bool(builder.run("image", "ls", "--quiet", "early", check=False).stdout.strip())


@pytest.fixture
def ours(freshlayer: Freshlayer, tmp_path: Path) -> Freshlayer:
    """freshlayer, whose files are in directories of the test."""
    return freshlayer.but(XDG_CACHE_HOME=str(tmp_path / "cache"), TMPDIR=str(tmp_path))


def test_the_client_waits_for_the_answers_and_builds_what_they_gave(
    ours: Freshlayer, held: Held, builder: Builder
) -> None:
    with waiting(ours, held) as (process, client):
        words = Path(f"/proc/{client}/cmdline").read_bytes().split(b"\0")
        assert words[1:4] == [b"build", b"--file", b"-"]
        held.may_answer.set()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert has_image(builder)
    assert ours("check", "--network=host", ".").code == 0


def test_a_build_that_is_interrupted_leaves_no_client_and_no_image(
    ours: Freshlayer, held: Held, builder: Builder, tmp_path: Path
) -> None:
    builder.run("image", "rm", "early", check=False)
    for number in (signal.SIGINT, signal.SIGKILL):
        with waiting(ours, held) as (process, client):
            os.kill(process.pid, number)
            process.communicate(timeout=30)
        wait_until(partial(is_gone, client), seconds=30, what="the end of the client")
        held.asked.clear()
        held.may_answer.clear()
        if number == signal.SIGINT:
            assert list(tmp_path.glob("freshlayer-*")) == []
    assert not has_image(builder)


def test_settings_that_stop_the_build_end_the_client(
    ours: Freshlayer, held: Held, project: Path, builder: Builder, tmp_path: Path
) -> None:
    builder.run("image", "rm", "early", check=False)
    (project / "freshlayer.toml").write_text('on_unknown = "fail"\n')
    held.status = 500
    with waiting(ours, held) as (process, client):
        held.may_answer.set()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 125, errors
    assert is_gone(client)
    assert not has_image(builder)
    assert list(tmp_path.glob("freshlayer-*")) == []
