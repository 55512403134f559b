"""Real builders, each with a freshlayer of its own."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.base_image import write_base_image
from testing.builders.base import Builder
from testing.builders.table import MEMBERS, Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.published_images import Publisher
from testing.servers import needs
from testing.stores.registry import Registry

# One release of each; tests of what is most likely to differ between releases ask for `every_builder`.
KINDS = ("classic", "buildkit", "sid-buildx", "buildah", "podman")

# Containerd, as dockerd 28 starts it, may collect a layer of an image while BuildKit unpacks the next one.
LOST_SNAPSHOT = r"parent snapshot sha256:[0-9a-f]+ does not exist: not found"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=[LOST_SNAPSHOT]))


@pytest.fixture(params=KINDS)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.fixture(params=MEMBERS)
def every_builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.fixture
def freshlayer(builder: Builder, tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer.of(builder, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def other(tmp_path: Path) -> Iterator[ServeOrigin]:
    """One more origin."""
    with ServeOrigin(tmp_path, '"w1"') as started:
        yield started


@pytest.fixture
def registry() -> Iterator[Registry]:
    needs.require("nginx", Registry.PROGRAM)
    with Registry() as started:
        yield started


@pytest.fixture(scope="session")
def base_layer(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    write_base_image(archive)
    return gzip.compress(archive.read_bytes(), compresslevel=1, mtime=0)


@pytest.fixture
def publisher(registry: Registry, base_layer: bytes) -> Publisher:
    return Publisher(registry, base_layer, secrets.token_hex(8))
