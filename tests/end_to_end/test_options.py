"""What a builder's own options ask for is done as it is without us; what is cached stays cached."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.process import Child
from testing.stores.registry import Registry

WITH_MOUNTS = ("buildkit", "sid-buildx", "buildah", "podman")
BUILDX = ("trixie-buildx", "sid-buildx", "sid-containerd")
CONTAINERS = ("buildah", "podman", "trixie-buildah", "trixie-podman")


@pytest.fixture
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    """To be named by the test."""
    return builders[request.param]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """An agent of ssh's that holds no key."""
    program = shutil.which("ssh-agent")
    if program is None:
        pytest.skip("there is no ssh-agent")
    socket = tmp_path / "agent"
    child = Child([program, "-D", "-a", str(socket)], log=tmp_path / "agent.log", environment={})
    try:
        child.wait_until(socket.exists, seconds=10)
        yield socket
    finally:
        child.stop()


def write(project: Path, text: str, origin: ServeOrigin) -> None:
    (project / "Dockerfile").write_text(text.replace("BASE", BASE).replace("URL", origin.url))


def downloads(origin: ServeOrigin) -> list[str]:
    """What builds fetched: freshlayer's own requests carry its name."""
    seen = [r for r in origin.requests() if r.headers.get("user-agent", "").startswith("Wget")]
    return sorted(r.path for r in seen)


def built_twice(freshlayer: Freshlayer, *words: str) -> None:
    for _ in range(2):
        told = freshlayer.build(*words, ".")
        assert told.code == 0, told.err


@pytest.mark.parametrize("builder", WITH_MOUNTS, indirect=True)
def test_what_is_built_can_be_put_into_a_folder_or_a_tar(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, "FROM BASE\nRUN wget -q -O /file URL && echo content > /made\n", origin)
    folder, archive = tmp_path / "folder", tmp_path / "image.tar"
    built_twice(freshlayer, "--output", f"type=local,dest={folder}")
    # buildah gives away only what the last build ran.
    origin.set_tag('"v2"')
    assert freshlayer.build(f"-otype=tar,dest={archive}", ".").code == 0
    assert (folder / "made").read_text() == "content\n"
    with tarfile.open(archive) as tar:
        assert "made" in [name.removeprefix("./") for name in tar.getnames()]
    assert downloads(origin) == ["/", "/"]


@pytest.mark.parametrize("builder", WITH_MOUNTS, indirect=True)
def test_a_secret_of_the_users_own_is_there_beside_our_mount(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("word")
    mount = "--mount=type=secret,id=mine"
    write(
        project,
        f'FROM BASE\nRUN {mount} wget -q -O /file URL && [ "$(cat /run/secrets/mine)" = word ]\n',
        origin,
    )
    built_twice(freshlayer, "--secret", f"id=mine,src={tmp_path / 'secret'}")
    assert downloads(origin) == ["/"]


@pytest.mark.parametrize("builder", WITH_MOUNTS, indirect=True)
def test_an_agent_of_ssh_is_there_beside_our_mount(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, agent: Path
) -> None:
    write(
        project, 'FROM BASE\nRUN --mount=type=ssh wget -q -O /file URL && [ -S "$SSH_AUTH_SOCK" ]\n', origin
    )
    built_twice(freshlayer, "--ssh", f"default={agent}")
    assert downloads(origin) == ["/"]


@pytest.mark.parametrize("builder", BUILDX, indirect=True)
def test_what_buildx_tells_of_the_image_is_told(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, "FROM BASE\nRUN wget -q -O /file URL\n", origin)
    built_twice(freshlayer, "--metadata-file", str(tmp_path / "told"), "--tag", "told:1")
    document = json.loads((tmp_path / "told").read_text())
    assert document["image.name"] == "docker.io/library/told:1"
    if builder.name != "sid-containerd":
        # containerd knows an image by its index.
        assert document["containerimage.config.digest"] == builder.image_id("told:1")


@pytest.mark.parametrize("builder", BUILDX, indirect=True)
def test_an_image_is_pushed(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, registry: Registry
) -> None:
    write(project, "FROM BASE\nRUN wget -q -O /file URL\n", origin)
    built_twice(freshlayer, "--push", "--tag", f"{registry.host}/pushed:1")
    put = [r for r in registry.requests() if r.method == "PUT" and r.path == "/v2/pushed/manifests/1"]
    assert len(put) == 2
    assert downloads(origin) == ["/"]


@pytest.mark.parametrize("builder", ["classic", "buildkit", "sid-buildx"], indirect=True)
def test_a_cache_from_an_image_is_used(
    freshlayer: Freshlayer,
    builder: Builder,
    origin: ServeOrigin,
    project: Path,
    registry: Registry,
    tmp_path: Path,
) -> None:
    image = f"{registry.host}/cached:1"
    inline = () if builder.name == "classic" else ("--build-arg", "BUILDKIT_INLINE_CACHE=1")
    write(project, "FROM BASE\nRUN wget -q -O /file URL\n", origin)
    assert freshlayer.build(*inline, "--tag", image, ".").code == 0
    builder.run("push", image)
    builder.reset()
    if builder.name == "classic":
        builder.run("pull", image)
    another = freshlayer.but(state=tmp_path / "another-machine")
    told = another.build(*inline, "--cache-from", image, "--tag", "again", ".")
    assert told.code == 0, told.err
    assert downloads(origin) == ["/"]


@pytest.mark.parametrize("builder", CONTAINERS, indirect=True)
def test_a_repository_of_cached_layers_is_filled_and_used(
    freshlayer: Freshlayer,
    builder: Builder,
    origin: ServeOrigin,
    project: Path,
    registry: Registry,
    tmp_path: Path,
) -> None:
    where = f"{registry.host}/cache"
    cache = ("--layers", "--tls-verify=false", "--cache-from", where, "--cache-to", where)
    write(project, "FROM BASE\nRUN wget -q -O /file URL\n", origin)
    assert freshlayer.build(*cache, ".").code == 0
    builder.reset()
    told = freshlayer.but(state=tmp_path / "another-machine").build(*cache, ".")
    assert told.code == 0, told.err
    assert downloads(origin) == ["/"]


# buildah 1.28 has no local base image for a platform that is not the target's.
@pytest.mark.parametrize("builder", ["sid-containerd", "trixie-buildah", "trixie-podman"], indirect=True)
def test_several_platforms_are_built_and_cached_at_once(
    freshlayer: Freshlayer, builder: Builder, origin: ServeOrigin, project: Path
) -> None:
    write(
        project,
        "FROM --platform=$BUILDPLATFORM BASE AS fetched\nARG TARGETARCH\n"
        "RUN wget -q -O /file URL$TARGETARCH\nFROM scratch\nCOPY --from=fetched /file /file\n",
        origin,
    )
    named = "--tag" if builder.command[0] == "docker" else "--manifest"
    words = ("--platform", "linux/amd64,linux/arm64", named, "several")
    built_twice(freshlayer, *words)
    assert downloads(origin) == ["/amd64", "/arm64"]
    origin.set_tag('"v2"')
    built_twice(freshlayer, *words)
    assert downloads(origin) == ["/amd64", "/amd64", "/arm64", "/arm64"]
