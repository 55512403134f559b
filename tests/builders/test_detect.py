"""Which builder is chosen: the one that the user's own command would be."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.builders.detect import BUILDERS, detect
from freshlayer.builders.versions import version_text
from freshlayer.errors import BuilderError
from testing.builders.table import MEMBERS, Builders

CHOSEN = {
    "classic": "classic",
    "buildkit": "buildkit",
    "buildah": "buildah",
    "podman": "podman",
    "trixie-classic": "classic",
    "trixie-buildx": "buildx",
    "trixie-buildah": "buildah",
    "trixie-podman": "podman",
    "sid-buildx": "buildx",
    "sid-containerd": "buildx",
}
# Programs that state a version and are no scripts.
STATING = [shutil.which("cat") or "", shutil.which("ls") or ""]


def alone(environment: Mapping[str, str], *folders: Path) -> dict[str, str]:
    return {**environment, "PATH": os.pathsep.join(map(str, folders))}


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_every_real_builder_is_known_for_what_it_is(name: str, builders: Builders, tmp_path: Path) -> None:
    builder = builders[name]
    environment = builder.environment()
    found = shutil.which(builder.command[0], path=environment["PATH"])
    assert found
    only = tmp_path / "bin"
    only.mkdir()
    (only / builder.command[0]).symlink_to(found)
    assert detect("", alone(environment, only)).name == CHOSEN[name]


def test_a_docker_that_is_podman_is_podman_and_stays_what_was_typed(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "docker", "echo podman version 4.3.1")
    builder = detect("", {"PATH": str(folder), "HOME": str(tmp_path), "DOCKER_BUILDKIT": "1"})
    assert (builder.name, builder.argv) == ("podman", (str(folder / "docker"), "build"))


@pytest.mark.parametrize(
    ("version", "environment", "name"),
    [
        ("28.5.2", {}, "classic"),
        ("28.5.2", {"DOCKER_BUILDKIT": "1"}, "buildx"),
        ("28.5.2", {"DOCKER_BUILDKIT": "0"}, "classic"),
        ("20.10.24", {"DOCKER_BUILDKIT": "1"}, "buildkit"),
        ("20.10.24", {"DOCKER_HOST": "unix:///nowhere"}, "classic"),
    ],
)
def test_the_environment_decides_as_it_does_for_docker(
    version: str, environment: Mapping[str, str], name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "docker", f"echo Docker version {version}, build 1")
    assert detect("", {"PATH": str(folder), "HOME": str(tmp_path), **environment}).name == name


def test_an_installed_buildx_is_what_docker_build_means(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "docker", "echo Docker version 20.10.24, build 1")
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text('{"aliases": {"builder": "buildx"}}')
    environment = {"PATH": str(folder), "HOME": str(tmp_path)}
    assert detect("", environment).name == "buildx"
    assert detect("", {**environment, "DOCKER_CONFIG": str(folder)}).name == "classic"


def test_a_builder_that_is_named_is_taken_with_its_own_words(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in ("docker", "podman", "buildah"):
        script(folder / program, "exit 1")
    environment = {"PATH": str(folder)}
    words = {name: detect(name, environment).argv[1:] for name in BUILDERS}
    assert words == {
        "buildah": ("build", "--layers"),
        "buildkit": ("build",),
        "buildx": ("buildx", "build"),
        "classic": ("build",),
        "podman": ("build",),
    }
    assert detect("classic", environment).environment["DOCKER_BUILDKIT"] == "0"
    assert detect("buildah", {**environment, "BUILDAH_LAYERS": "false"}).argv[1:] == ("build",)
    assert detect("buildx", environment, ["-H", "there"]).argv[1:] == ("-H", "there", "buildx", "build")


def test_images_are_asked_of_the_program_with_its_own_flags(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "docker", "echo Docker version 20.10.24, build 1")
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker" / "config.json").write_text('{"aliases": {"builder": "fresh"}}')
    environment = {"PATH": str(folder), "HOME": str(tmp_path), "DOCKER_BUILDKIT": "0"}
    for wanted in ("", "classic"):
        builder = detect(wanted, environment, ["--context", "build"])
        assert builder.program == (str(folder / "docker"), "--context", "build")
        assert builder.argv == (*builder.program, "image", "--help=false", "build")


def test_without_docker_podman_is_taken_and_then_buildah(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "buildah", "exit 1")
    assert detect("", {"PATH": str(folder)}).name == "buildah"
    script(folder / "podman", "exit 1")
    assert detect("", {"PATH": str(folder)}).name == "podman"


def test_where_nothing_is_found_it_says_where_it_looked_and_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BuilderError) as raised:
        detect("", {"PATH": str(tmp_path)})
    assert str(raised.value) == (
        f"no builder was found: there is no docker, podman or buildah in PATH ({tmp_path}); "
        "install one of them (on Debian and Ubuntu the packages docker.io, podman, buildah)"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kaniko", "--builder kaniko: there are buildah, buildkit, buildx, classic, podman"),
        ("podman", "--builder podman: there is no podman in PATH (/nowhere)"),
        ("buildx", "--builder buildx: there is no docker in PATH (/nowhere)"),
    ],
)
def test_a_builder_that_cannot_be_had_says_why(name: str, said: str) -> None:
    with pytest.raises(BuilderError) as raised:
        detect(name, {"PATH": "/nowhere"})
    assert str(raised.value) == said


def test_a_version_is_asked_once_and_again_when_the_program_is_another_one(tmp_path: Path) -> None:
    program, memory = tmp_path / "program", tmp_path / "freshlayer" / "versions.json"
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    shutil.copy(STATING[0], program)
    assert version_text(str(program), environment).startswith("cat ")
    # What stands there is believed, so nothing was asked.
    memory.write_text(memory.read_text().replace("cat ", "remembered "))
    assert version_text(str(program), environment).startswith("remembered ")
    shutil.copy(STATING[1], program)
    assert version_text(str(program), environment).startswith("ls ")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"PROGRAM": 3}', '{"PROGRAM": [1, 2]}', "[" * 5000])
def test_a_memory_that_is_damaged_is_written_anew(content: str, tmp_path: Path) -> None:
    program, memory = tmp_path / "program", tmp_path / "freshlayer" / "versions.json"
    shutil.copy(STATING[0], program)
    memory.parent.mkdir()
    memory.write_text(content.replace("PROGRAM", str(program)))
    assert version_text(str(program), {"XDG_CACHE_HOME": str(tmp_path)}).startswith("cat ")
    assert list(json.loads(memory.read_text())) == [str(program)]
    assert [entry.name for entry in memory.parent.iterdir()] == ["versions.json"]


def test_what_a_script_states_is_asked_each_time(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    script(program, f"cat {tmp_path}/version")
    for version in ("first", "second"):
        (tmp_path / "version").write_text(version)
        assert version_text(str(program), {**environment, "PATH": os.environ["PATH"]}) == version


def test_a_memory_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert version_text(STATING[0], {"XDG_CACHE_HOME": str(tmp_path / "file")}).startswith("cat ")
