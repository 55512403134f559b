"""How docker calls its plugin, and the script that it finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from freshlayer.cli.docker_plugin import read
from freshlayer.docker_client.install import METADATA, DockerDirectory, install

CALLS = {
    "fresh build .": ("", "build ."),
    "-H X fresh build -H y .": ("-H X", "build -H y ."),
    "-HX fresh build": ("-HX", "build"),
    "-H=X fresh build": ("-H=X", "build"),
    "--host=X fresh build": ("--host=X", "build"),
    "--host X fresh build": ("--host X", "build"),
    "-DH X fresh build": ("-DH X", "build"),
    "-D --tls --tlscacert f -l warn fresh check": ("-D --tls --tlscacert f -l warn", "check"),
    "-c there fresh": ("-c there", ""),
    "--config dir fresh ls": ("", "ls"),
    "-D --config=dir -H X fresh ls --config y": ("-D -H X", "ls --config y"),
}


@pytest.mark.parametrize(("typed", "split"), CALLS.items(), ids=CALLS)
def test_dockers_own_flags_stand_before_our_name(typed: str, split: tuple[str, str]) -> None:
    call = read(typed.split())
    assert (" ".join(call.flags), " ".join(call.words)) == split


@pytest.mark.parametrize("typed", ["-H X", "-HX", "-H=X", "--host=X", "--host X", "-DH X", "-H W -H X"])
def test_a_host_in_every_spelling_is_told_to_what_we_run(typed: str) -> None:
    assert dict(read([*typed.split(), "fresh"]).environment()) == {"DOCKER_HOST": "X"}


def test_a_context_wins_over_the_host_of_the_environment() -> None:
    told = read("--config dir --context=there fresh build".split()).environment()
    assert dict(told) == {"DOCKER_CONFIG": "dir", "DOCKER_CONTEXT": "there", "DOCKER_HOST": None}


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = DockerDirectory(tmp_path / "docker")
    install(folder, sys.executable, alias=False)
    return folder.plugin


def run(plugin: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    argv = [str(plugin), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd, timeout=60)


def test_the_script_tells_docker_of_itself_without_a_python(tmp_path: Path) -> None:
    folder = DockerDirectory(tmp_path)
    install(folder, str(tmp_path / "it's gone" / "python"), alias=False)
    told = run(folder.plugin, "docker-cli-plugin-metadata")
    assert (told.returncode, json.loads(told.stdout)) == (0, METADATA)
    told = run(folder.plugin, "fresh", "build", ".")
    assert told.returncode == 125
    assert f"{tmp_path}/it's gone/python is gone" in told.stderr
    assert "run 'freshlayer install' again" in told.stderr


def test_the_module_tells_docker_the_same(plugin: Path) -> None:
    words = [sys.executable, "-m", "freshlayer.cli.docker_plugin", "docker-cli-plugin-metadata"]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == json.loads(run(plugin, "docker-cli-plugin-metadata").stdout)


def test_the_script_imports_nothing_from_where_a_user_builds(plugin: Path, project: Path) -> None:
    for name in ("click", "json", "freshlayer"):
        (project / f"{name}.py").write_text("raise SystemExit(77)\n")
    told = run(plugin, "fresh", "--version", cwd=project)
    assert (told.returncode, told.stdout.split()[0]) == (0, "freshlayer")


def test_our_own_exit_codes_pass(plugin: Path, project: Path) -> None:
    assert run(plugin, "fresh", "check", ".", cwd=project).returncode == 2
    (project / "Dockerfile").write_text("FROM scratch\n")
    assert run(plugin, "fresh", "check", ".", cwd=project).returncode == 0


def test_help_by_either_way_is_ours(plugin: Path) -> None:
    for words in (["fresh", "--help"], ["help", "fresh"]):
        told = run(plugin, *words)
        assert told.returncode == 0
        assert "Makes the network a build input" in told.stdout


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        (["che"], ["check\twhich instructions are stale, and why; builds nothing", ":4"]),
        (["check", "--tar"], ["--target\tthe stage to build", ":4"]),
        (["build", "--no-cache-f"], ["--no-cache-filter", ":4"]),
        (["build", ""], [":0"]),
        (["check", ""], [":0"]),
        ([], None),
    ],
)
def test_candidates_are_told_as_cobra_does(
    plugin: Path, typed: list[str], candidates: list[str] | None
) -> None:
    told = run(plugin, "__complete", "fresh", *typed)
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines == candidates if candidates is not None else len(lines) > 5


def test_a_plugin_that_is_called_for_the_builder_needs_one(plugin: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    argv = [str(plugin), "fresh", "prune"]
    told = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    assert told.returncode == 125
    assert told.stderr.startswith("docker fresh: no builder was found")
