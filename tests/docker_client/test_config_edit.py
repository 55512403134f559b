"""Which words build where ``docker build`` would come back to us; real clients are met in end_to_end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.builders.detect import detect


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    """Someone with a docker, which is said to be of some version, and with our alias."""
    (tmp_path / ".docker" / "cli-plugins").mkdir(parents=True)
    configure(tmp_path, aliases={"builder": "fresh"})
    return {"PATH": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def configure(home: Path, **configuration: object) -> None:
    (home / ".docker" / "config.json").write_text(json.dumps(configuration))


def program(path: Path, said: str = "") -> None:
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)


def words(environ: Mapping[str, str], *flags: str) -> list[str]:
    return list(detect("", environ, flags).argv[1:])


def test_a_client_with_buildx_is_sent_there_itself(user: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "docker", "Docker version 28.5.2, build 1")
    program(tmp_path / ".docker" / "cli-plugins" / "docker-buildx")
    assert words(user, "-H", "x") == ["-H", "x", "buildx", "build"]
    configure(tmp_path)
    assert words(user, "-H", "x") == ["-H", "x", "build"]
    configure(tmp_path, aliases={"builder": "another"})
    assert words(user) == ["build"]


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
@pytest.mark.parametrize("buildkit", ["", "0"])
def test_a_client_that_builds_itself_is_asked_for_it_by_other_words(
    user: dict[str, str], version: str, buildkit: str, tmp_path: Path
) -> None:
    program(tmp_path / "docker", f"Docker version {version}, build 1")
    environ = {**user, "DOCKER_BUILDKIT": buildkit, "DOCKER_HOST": "unix:///nowhere"}
    assert words(environ) == ["image", "--help=false", "build"]


def test_a_docker_that_is_podman_knows_no_alias(user: dict[str, str], tmp_path: Path) -> None:
    program(tmp_path / "docker", "podman version 4.3.1")
    assert words(user) == ["build"]


@pytest.mark.parametrize(
    ("environ", "current", "builder"),
    [
        ({}, None, "default"),
        ({}, "there", "there"),
        ({"DOCKER_CONTEXT": "else"}, "there", "else"),
        ({"DOCKER_CONTEXT": "else", "DOCKER_HOST": "unix:///nowhere"}, "there", "default"),
        ({"BUILDX_BUILDER": "mine"}, "there", "mine"),
    ],
)
def test_buildx_takes_the_builder_of_the_context_as_for_a_plain_docker_build(
    user: dict[str, str], environ: dict[str, str], current: str | None, builder: str, tmp_path: Path
) -> None:
    program(tmp_path / "docker", "Docker version 28.5.2, build 1")
    program(tmp_path / ".docker" / "cli-plugins" / "docker-buildx")
    configure(tmp_path, aliases={"builder": "fresh"}, currentContext=current)
    assert detect("", {**user, **environ}).environment["BUILDX_BUILDER"] == builder
