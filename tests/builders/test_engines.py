"""Each real builder runs here, caches, forgets, and shows its images; nothing of freshlayer is involved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder, build
from testing.builders.docker import DockerBuilder
from testing.builders.table import MEMBERS, Builders, require, start_engine
from testing.origins import ServeOrigin
from testing.servers import needs
from testing.stores.registry import Registry

pytestmark = pytest.mark.slow
WITH_MOUNTS = [name for name in MEMBERS if "classic" not in name]


@pytest.fixture(params=MEMBERS)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    started = builders[request.param]
    started.reset()
    return started


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


def write_dockerfile(project: Path, origin: ServeOrigin) -> None:
    runs = (f"RUN wget -q -O /{name} {origin.url}?{name}" for name in ("first", "second"))
    (project / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *runs, ""]), encoding="utf-8")


def asked(origin: ServeOrigin) -> list[str]:
    return [request.path for request in origin.requests()]


def test_what_ran_once_is_cached_until_the_builder_is_reset(
    builder: Builder, project: Path, origin: ServeOrigin
) -> None:
    write_dockerfile(project, origin)
    build(builder, project, "--tag", "smoke")
    assert asked(origin) == ["/?first", "/?second"]
    before, identifier = builder.image("smoke"), builder.image_id("smoke")
    build(builder, project, "--tag", "smoke")
    assert asked(origin) == ["/?first", "/?second"]
    assert (builder.image("smoke"), builder.image_id("smoke")) == (before, identifier)
    builder.reset()
    assert not builder.image_id("smoke")
    assert builder.image_id(BASE)
    build(builder, project, "--tag", "smoke")
    assert asked(origin) == ["/?first", "/?second"] * 2
    assert builder.image("smoke") == before
    assert builder.image_id("smoke") != identifier


def test_an_image_tells_what_went_into_it(builder: Builder, project: Path) -> None:
    (project / "Dockerfile").write_text(f"FROM {BASE}\nENV MARK=mark\nRUN echo content > /made\n")
    build(builder, project, "--tag", "smoke")
    image = builder.image("smoke")
    assert "MARK=mark" in image.configuration["Env"]
    assert "echo content > /made" in image.history[-1].created_by
    assert "made" in [member.name for member in image.layers[-1]]


@pytest.mark.parametrize("name", ["trixie-buildx", "sid-buildx"])
def test_compose_builds_and_caches(name: str, builders: Builders, project: Path, origin: ServeOrigin) -> None:
    builder = builders[name]
    builder.reset()
    write_dockerfile(project, origin)
    composed = {"services": {"web": {"image": "composed", "build": {"context": ".", "network": "host"}}}}
    (project / "compose.yaml").write_text(json.dumps(composed), encoding="utf-8")
    for _ in range(2):
        builder.run("compose", "build", cwd=project)
    assert asked(origin) == ["/?first", "/?second"]
    assert builder.image_id("composed")


# buildx 0.13, trixie's, drops `network` from a bake file.
@pytest.mark.parametrize("name", ["sid-buildx", "sid-containerd"])
def test_bake_builds_and_caches(name: str, builders: Builders, project: Path, origin: ServeOrigin) -> None:
    builder = builders[name]
    builder.reset()
    write_dockerfile(project, origin)
    baked = {"target": {"default": {"context": ".", "network": "host", "tags": ["baked"]}}}
    (project / "docker-bake.json").write_text(json.dumps(baked), encoding="utf-8")
    for _ in range(2):
        builder.run("buildx", "bake", "--allow=network.host", cwd=project)
    assert asked(origin) == ["/?first", "/?second"]
    assert builder.image_id("baked")


def test_a_second_daemon_takes_from_a_registry_what_the_first_built(
    project: Path, origin: ServeOrigin
) -> None:
    require("sid-containerd")
    needs.require("nginx", Registry.PROGRAM)
    release = MEMBERS["sid-containerd"]
    with Registry() as registry, start_engine(release) as first, start_engine(release) as second:
        write_dockerfile(project, origin)
        where = f"type=registry,ref={registry.host}/cache"
        for engine in (first, second):
            cache = ("--cache-from", where, "--cache-to", f"{where},mode=max")
            build(DockerBuilder("fleet", engine), project, *cache, "--tag", "shared")
        assert asked(origin) == ["/?first", "/?second"]
        images = [DockerBuilder("fleet", engine).image("shared") for engine in (first, second)]
    assert images[0] == images[1]


def test_a_builder_that_is_closed_leaves_nothing(project: Path) -> None:
    (project / "Dockerfile").write_text(
        f"FROM {BASE}\nRUN --mount=type=cache,target=/kept echo > /kept/file\n"
    )
    with Builders() as builders:
        podman = builders["podman"]
        build(podman, project)
        home = Path(podman.environment()["TMPDIR"]).parent
        assert any(home.iterdir())
    assert not home.exists()
    assert str(home) not in Path("/proc/self/mounts").read_text(encoding="utf-8")


@pytest.mark.parametrize("builder", WITH_MOUNTS, indirect=True)
def test_a_reset_forgets_what_a_cache_mount_keeps(builder: Builder, project: Path) -> None:
    count = "echo >> /kept/lines && wc -l < /kept/lines > /count"
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN --mount=type=cache,target=/kept {count}\n")
    build(builder, project, "--tag", "smoke")
    before = builder.image("smoke")
    builder.reset()
    build(builder, project, "--tag", "smoke")
    assert builder.image("smoke") == before
