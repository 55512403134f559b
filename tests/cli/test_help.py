"""Help of commands whose words belong to another program: its own where it is there, else ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testing.builders.table import MEMBERS, client_of, require
from testing.command import FRESHLAYER, Ended


def called(*words: str, path: str, config: Path) -> Ended:
    environment = {**os.environ, "PATH": path, "DOCKER_CONFIG": str(config), "HOME": str(config)}
    done = subprocess.run(
        [*FRESHLAYER, *words], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


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
