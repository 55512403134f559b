"""The engine that the user already has, for the demo on machines where no private one can be started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from testing.base_image import BASE, CONFIGURATION, static_busybox, write_base_image


def unusable() -> str | None:
    """Why builds on the user's engine can't show the acts; None where they can."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        return "the docker engine does not answer"
    if sys.platform != "linux":
        return "builds run in a virtual machine here, from which this machine's loopback can't be reached"
    if static_busybox() is None:
        return "there is no static busybox to make a base image of (package busybox-static)"
    return None


class UsersEngine:
    """Adds one base image, and takes it and what was built away again."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "base.tar"
            write_base_image(archive)
            changes = [word for change in CONFIGURATION for word in ("--change", change)]
            self._docker("import", *changes, str(archive), BASE)

    def environment(self, *, buildkit: bool | None = None) -> dict[str, str]:
        """The user's own, but for the choice of builder."""
        return {**os.environ, **({} if buildkit is None else {"DOCKER_BUILDKIT": str(int(buildkit))})}

    def image_id(self, tag: str) -> str:
        """The id of a local image."""
        return self._docker("image", "inspect", "--format", "{{.Id}}", tag)

    def close(self) -> None:
        """Remove the images; the build cache is the user's to prune."""
        for tag in ("freshlayer-acts", BASE):
            subprocess.run(["docker", "image", "rm", tag], capture_output=True, check=False)

    def _docker(self, *words: str) -> str:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
