"""One place finds docker's configuration directory, whatever reads or writes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freshlayer.credentials.docker import _paths
from freshlayer.credentials.model import Keyring
from freshlayer.docker_client.config import config
from freshlayer.docker_client.install import DockerDirectory
from freshlayer.files.user_directories import docker_home

SOURCE = Path(__file__).parents[2] / "src" / "freshlayer"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DOCKER_CONFIG": "named"}, "named"),
        ({"DOCKER_CONFIG": "", "HOME": "home"}, "home/.docker"),
        ({"HOME": "home"}, "home/.docker"),
    ],
)
def test_all_agree(tmp_path: Path, environment: dict[str, str], expected: str) -> None:
    there = {name: str(tmp_path / value) if value else "" for name, value in environment.items()}
    directory = tmp_path / expected
    directory.mkdir(parents=True)
    (directory / "config.json").write_text('{"currentContext": "this one"}')
    assert docker_home(there) == directory
    assert DockerDirectory.of(there).path == directory
    assert config(there) == {"currentContext": "this one"}
    assert str(directory / "config.json") in _paths(Keyring(there))


def test_no_other_module_reads_the_variable() -> None:
    reads = re.compile(r"""(?:get\(|\[|named\()\s*["']DOCKER_CONFIG""")
    found = {path.name for path in SOURCE.rglob("*.py") if reads.search(path.read_text("utf-8"))}
    assert found == {"user_directories.py"}
