"""Docker as a builder: the classic one, or BuildKit by the client itself or by its plugin buildx."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from testing.builders.image import Image, read_id, read_image
from testing.engine import PrivateEngine


class DockerBuilder:
    """`docker build` on an engine, which several of these may share.

    `buildkit` is what DOCKER_BUILDKIT says; None leaves the choice to the client.
    """

    command: tuple[str, ...] = ("docker", "build")
    # A private engine has no bridge.
    options: tuple[str, ...] = ("--network=host",)
    to_cache: tuple[str, ...] = ()

    def __init__(self, name: str, engine: PrivateEngine, *, buildkit: bool | None = None) -> None:
        self.name = name
        self.engine = engine
        self._buildkit = buildkit

    def environment(self) -> dict[str, str]:
        return self.engine.environment(buildkit=self._buildkit)

    def run(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.engine.run(*arguments, buildkit=self._buildkit, check=check, **options)

    def image_id(self, tag: str) -> str:
        return self.run("image", "ls", "--quiet", "--no-trunc", tag).stdout.strip()

    def image(self, tag: str) -> Image:
        with self._saved(tag) as archive:
            return read_image(archive)

    def reset(self) -> None:
        self.engine.reset()

    def close(self) -> None:
        self.engine.close()

    @contextlib.contextmanager
    def _saved(self, tag: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="freshlayer-") as directory:
            archive = Path(directory) / "image.tar"
            self.run("image", "save", "--output", str(archive), tag)
            yield archive


class ContainerdBuilder(DockerBuilder):
    """`docker build` into containerd's image store.

    There an image is known by its index, which is another one after each build, since it holds what BuildKit
    attests of that build. What is built is known by its configuration, as in the other stores.
    """

    def image_id(self, tag: str) -> str:
        if not super().image_id(tag):
            return ""
        with self._saved(tag) as archive:
            return read_id(archive)
