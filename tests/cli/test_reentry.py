"""A command of ours that comes back to us, through a script that is called docker: it ends with an error."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from testing.command import FRESHLAYER

MOST = 12
"""More calls than this are a loop, which the script itself then ends."""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Where the script below writes a line for each call of it."""
    return tmp_path / "calls"


@pytest.fixture
def environ(tmp_path: Path, calls: Path, project: Path) -> dict[str, str]:
    """A user whose ``docker`` is a script that calls freshlayer for ``build``, as some put it into PATH."""
    (project / "Dockerfile").write_text("FROM scratch\n")
    script = tmp_path / "bin" / "docker"
    script.parent.mkdir()
    script.write_text(
        f"""#!/bin/sh
echo "$*" >>{calls}
[ "$(wc -l <{calls})" -lt {MOST} ] || exit 99
case "$1" in
--version) echo "Docker version 28.5.2, build 1" ;;
*) exec {sys.executable} -P -m freshlayer "$@" ;;
esac
"""
    )
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "docker")}


def run(argv: list[str], environ: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """Exit code and standard error; all that was started ends with it, or after a minute."""
    process = subprocess.Popen(
        argv, env=environ, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        return process.wait(timeout=60), process.stderr.read() if process.stderr else ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("words", [["build", "."], ["compose", "build"], ["bake", "a"]], ids=lambda it: it[0])
def test_a_docker_that_calls_us_again_is_called_once(
    words: list[str], environ: dict[str, str], calls: Path, project: Path
) -> None:
    code, told = run([*FRESHLAYER, *words], environ, project)
    built = [line for line in calls.read_text().splitlines() if line != "--version"]
    assert len(built) <= 2, told
    assert code == 125
    assert "freshlayer: freshlayer was started again by a program that it had started" in told


def test_a_mark_of_a_process_that_is_gone_means_nothing(environ: dict[str, str], project: Path) -> None:
    ended = subprocess.Popen([shutil.which("true") or "true"])
    ended.wait()
    environ["FRESHLAYER_INSIDE"] = str(ended.pid)
    assert run([*FRESHLAYER, "inputs", "."], environ, project)[0] == 0


@pytest.mark.parametrize("mark", ["", "x", "-1", "0", "9" * 30])
def test_a_mark_that_is_no_process_means_nothing(mark: str, environ: dict[str, str], project: Path) -> None:
    assert run([*FRESHLAYER, "inputs", "."], {**environ, "FRESHLAYER_INSIDE": mark}, project)[0] == 0
