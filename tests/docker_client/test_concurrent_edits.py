"""docker's config.json, edited by several processes at the same time."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

from freshlayer.docker_client.install import DockerDirectory, install, uninstall
from freshlayer.files.atomic_write import replace
from freshlayer.files.file_lock import locked

PROCESSES = 4
ROUNDS = 15


def _edit(folder: Path, number: int) -> None:
    """Half of the processes put the alias in and out, the others add entries under the same lock."""
    docker = DockerDirectory(folder)
    for step in range(ROUNDS):
        if number % 2:
            install(docker, "/opt/python", alias=True)
            uninstall(docker)
        else:
            with locked(docker.config):
                document = json.loads(docker.config.read_text())
                document["auths"][f"registry-{number}-{step}"] = {}
                replace(docker.config, json.dumps(document).encode())


def test_concurrent_edits_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text('{"auths": {}}')
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_edit, args=(folder, number)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    document = json.loads((folder / "config.json").read_text())
    expected = {f"registry-{number}-{step}" for number in range(0, PROCESSES, 2) for step in range(ROUNDS)}
    assert set(document["auths"]) == expected
    assert "aliases" not in document
