"""Help of commands whose words belong to another program: its own where it is there, else ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testing.builders.table import MEMBERS, client_of, require
from testing.command import FRESHLAYER, Ended, freshlayer


def called(*words: str, path: str, config: Path) -> Ended:
    environment = {**os.environ, "PATH": path, "DOCKER_CONFIG": str(config), "HOME": str(config)}
    return freshlayer(words, environment, Path.cwd(), seconds=30)


@pytest.fixture
def no_plugins(tmp_path: Path) -> Path:
    """A docker client without a plugin."""
    require("classic")
    (tmp_path / "docker").symlink_to(client_of(MEMBERS["classic"]))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("compose", "--help"),
        ("compose", "-h"),
        ("compose",),
        ("compose", "build", "--help"),
        ("bake", "--help"),
        ("bake", "--file", "x", "-h"),
    ],
    ids=" ".join,
)
def test_without_the_plugin_the_help_is_ours(no_plugins: Path, words: tuple[str, ...]) -> None:
    told = called(*words, path=str(no_plugins), config=no_plugins)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"Usage: freshlayer {words[0]} [WORD]...")
    assert "lacks the plugin" in told.out
    assert "A self-sufficient runtime" not in told.out


@pytest.mark.parametrize("command", ["compose", "bake", "build"])
def test_without_docker_the_help_is_ours(tmp_path: Path, command: str) -> None:
    told = called(command, "--help", path=str(tmp_path), config=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"Usage: freshlayer {command} [WORD]...")


@pytest.mark.slow
@pytest.mark.parametrize(("command", "plugin"), [("compose", "docker-compose"), ("bake", "docker-buildx")])
def test_with_the_plugin_the_help_is_its_own(no_plugins: Path, command: str, plugin: str) -> None:
    require("trixie-buildx")
    found = {path.name: path for path in client_plugins()}
    (no_plugins / "cli-plugins").mkdir()
    (no_plugins / "cli-plugins" / plugin).symlink_to(found[plugin])
    told = called(command, "--help", path=str(no_plugins), config=no_plugins)
    assert told.code == 0
    assert "lacks the plugin" not in told.out
    assert f"docker {'compose' if command == 'compose' else 'buildx bake'}" in told.out


def client_plugins() -> list[Path]:
    root = client_of(MEMBERS["trixie-buildx"]).parents[2]
    return sorted((root / "usr/libexec/docker/cli-plugins").iterdir())


@pytest.mark.parametrize("columns", ["", "0", "79", "80", "99", "100", "300", "no number"])
@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_help_fits_the_terminal(columns: str, word: str) -> None:
    """Kept or made, it is what click prints for this width."""
    environment = {**os.environ, "COLUMNS": columns}
    told = subprocess.run([*FRESHLAYER, word], env=environment, capture_output=True, text=True, check=True)
    made = [sys.executable, "-c", "from freshlayer.cli.main import by_click; by_click(['--help'], ())"]
    of_click = subprocess.run(made, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == of_click.stdout


def test_the_help_needs_no_output_and_no_particular_encoding(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    told = subprocess.run([*FRESHLAYER, "--help"], env=environment, capture_output=True, check=True)
    assert (told.stdout[:17], told.stderr) == (b"Usage: freshlayer", b"")
    argv = ["sh", "-c", 'exec "$@" >&-', "sh", *FRESHLAYER, "--help"]
    assert subprocess.run(argv, cwd=tmp_path, capture_output=True, check=True).stderr == b""


def test_the_version_is_that_of_click() -> None:
    told = subprocess.run([*FRESHLAYER, "--version"], capture_output=True, text=True, check=True)
    made = [sys.executable, "-c", "from freshlayer.cli.main import by_click; by_click(['--version'], ())"]
    assert told.stdout == subprocess.run(made, capture_output=True, text=True, check=True).stdout
