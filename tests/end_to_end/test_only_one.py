"""A machine that has one builder and no other: nothing has to be said, it is used."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin

PROGRAMS = frozenset({"docker", "podman", "buildah"})
ONLY = {"classic": "classic", "sid-buildx": "buildx", "podman": "podman", "buildah": "buildah"}


def with_only(program: str, environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same programs in PATH, but for other builders."""
    folder.mkdir()
    for place in environment["PATH"].split(os.pathsep):
        for entry in Path(place).iterdir() if Path(place).is_dir() else ():
            wanted = entry.name == program or entry.name not in PROGRAMS
            if wanted and not (folder / entry.name).is_symlink():
                (folder / entry.name).symlink_to(entry)
    return {**environment, "PATH": str(folder)}


@pytest.mark.parametrize("name", ONLY)
def test_the_only_builder_is_used(
    name: str, builders: Builders, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    builder = builders[name]
    environment = with_only(builder.command[0], builder.environment(), tmp_path / "bin")
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN wget -q -O /file {origin.url}\n")
    report = tmp_path / "report.json"
    freshlayer = Freshlayer(environment, tmp_path / "state.sqlite3", project, ("--report", str(report)))
    for _ in range(2):
        told = freshlayer.build(".")
        assert told.code == 0, told.err
    assert json.loads(report.read_text())["builder"] == {"name": ONLY[name], "exit_code": 0}
    fetched = [r for r in origin.requests() if r.headers.get("user-agent", "").startswith("Wget")]
    assert len(fetched) == 1
    assert freshlayer("check", ".").code == 0
