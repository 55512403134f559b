"""A command that is forked is one that was started: the same output, exit code and surroundings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testing import warm_start
from testing.command import FRESHLAYER

COMMANDS = (
    (("inputs", "-f", "-", "."), b"FROM a\nRUN curl http://a b/ \x1b\xe9\n"),
    (("check", "."), b""),
    (("nonsense",), b""),
    (("--help",), b""),
    ((), b""),
    (("inputs", "--json", "-f", "-", "."), b"FROM a\n" + b"RUN curl -O http://example.org/\n" * 200),
)


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(tmp_path), "COLUMNS": "70"}


@pytest.mark.parametrize(("words", "given"), COMMANDS)
def test_a_fork_prints_what_a_new_process_prints(
    words: tuple[str, ...], given: bytes, project: Path, tmp_path: Path
) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nRUN true\n")
    values = environment(tmp_path)
    forked = warm_start.run(words, values, project, given=given, seconds=60)
    started = subprocess.run(
        [*FRESHLAYER, *words],
        env=values,
        cwd=project,
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        started.returncode, started.stdout, started.stderr,
    )  # fmt: skip


SHOWS = """#!/bin/sh
cat /proc/$PPID/environ | tr '\\0' '\\n' >{seen}/environ
ls -l /proc/$PPID/fd | grep -c 'socket:\\|pidfd' >{seen}/files
env | sort >{seen}/own
pwd >{seen}/directory
kill -9 $$
"""


def test_a_fork_has_no_files_and_no_variables_of_its_server(project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    docker = tmp_path / "docker"
    docker.write_text(SHOWS.format(seen=tmp_path))
    docker.chmod(0o755)
    values = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DOCKER_BUILDKIT": "1", "MARK": "mark"}
    values |= {name: value for name, value in os.environ.items() if name.startswith(("PYTHON", "L"))}
    assert warm_start.fits(values)
    done = warm_start.run(("build", "."), values, project, given=b"", seconds=60)
    assert done.returncode == 128 + 9, done.stderr
    own = dict(line.split("=", 1) for line in (tmp_path / "own").read_text().splitlines())
    assert own["MARK"] == "mark"
    assert "HOME" not in own
    assert (tmp_path / "directory").read_text() == f"{project}\n"
    assert (tmp_path / "files").read_text() == "0\n"


def test_a_fork_that_takes_too_long_is_ended(project: Path, tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\nexec sleep 60\n")
    docker.chmod(0o755)
    (project / "Dockerfile").write_text("FROM scratch\n")
    values = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "DOCKER_BUILDKIT": "1"}
    with warm_start.Command(("build", "."), values, project) as command:
        with pytest.raises(subprocess.TimeoutExpired):
            command.communicate(b"", 0.5)
        command.process.wait(30)
    with pytest.raises(ProcessLookupError):
        os.kill(command.process.pid, 0)


@pytest.mark.parametrize("name", ["PYTHONPATH", "LC_ALL", "LANG", "LD_PRELOAD"])
def test_what_an_interpreter_reads_before_it_runs_anything_needs_a_new_process(name: str) -> None:
    assert warm_start.fits(os.environ)
    assert not warm_start.fits({**os.environ, name: "other"})
