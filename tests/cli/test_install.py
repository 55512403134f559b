"""``freshlayer install``, ``uninstall`` and ``completion`` as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from testing.command import FRESHLAYER, Freshlayer


@pytest.fixture
def freshlayer(tmp_path: Path) -> Freshlayer:
    environment = {**os.environ, "DOCKER_CONFIG": str(tmp_path / "docker")}
    return Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path)


def test_what_was_done_is_said(freshlayer: Freshlayer, tmp_path: Path) -> None:
    told = freshlayer("install", "--alias")
    assert (told.code, told.err) == (0, "")
    assert f"{tmp_path}/docker/cli-plugins/docker-fresh: written" in told.out
    assert f"{tmp_path}/docker/config.json: aliases.builder is fresh now" in told.out
    told = freshlayer("uninstall")
    assert told.code == 0
    assert "aliases.builder" in told.out or "removed" in told.out
    assert [path for path in (tmp_path / "docker").rglob("*") if path.is_file()] == []


def test_what_stands_in_the_way_ends_with_2(freshlayer: Freshlayer, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text(json.dumps({"aliases": {"builder": "buildx"}}))
    told = freshlayer("install", "--alias")
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        f'freshlayer: {tmp_path}/docker/config.json: aliases.builder is "buildx" already '
        "(docker buildx install sets it to buildx); nothing was changed\n"
    )
    assert not (tmp_path / "docker/cli-plugins").exists()


def test_quiet_says_nothing(freshlayer: Freshlayer) -> None:
    assert freshlayer("install", "--quiet").out == ""
    assert freshlayer("uninstall", "--quiet").out == ""


COMPLETE = """
COMP_WORDS=(freshlayer che) COMP_CWORD=1
_freshlayer_completion freshlayer
echo "${COMPREPLY[@]}"
"""


def test_bash_completes_a_command(freshlayer: Freshlayer, tmp_path: Path) -> None:
    program = tmp_path / "programs" / "freshlayer"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(FRESHLAYER)} "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    script = freshlayer("completion", "bash").out + COMPLETE
    told = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "check\n"


@pytest.mark.parametrize(("shell", "binds"), [("zsh", "compdef"), ("fish", "complete --no-files --command")])
def test_other_shells_are_told_what_completes(freshlayer: Freshlayer, shell: str, binds: str) -> None:
    told = freshlayer("completion", shell)
    assert told.code == 0
    assert binds in told.out
    assert "_FRESHLAYER_COMPLETE" in told.out


def test_an_unknown_shell_is_told_of(freshlayer: Freshlayer) -> None:
    told = freshlayer("completion", "tcsh")
    assert told.code == 2
    assert "tcsh" in told.err
