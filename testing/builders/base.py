"""What every real builder here has: a command line, an environment, and images that can be compared."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Protocol

from testing.builders.image import Image


class Builder(Protocol):
    """A builder with a storage of its own, in which there is the image BASE."""

    name: str
    command: tuple[str, ...]
    """What a user types to build; the program by the name under which the environment's PATH has it."""
    options: tuple[str, ...]
    """What each build here needs after the command, with freshlayer and without."""
    to_cache: tuple[str, ...]
    """What a user adds to have instructions cached at all."""

    def environment(self) -> dict[str, str]:
        """The environment of a user of this builder alone: ours, without what would lead it elsewhere."""

    def run(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the builder's program with these arguments; `options` are subprocess.run's."""

    def image_id(self, tag: str) -> str:
        """The digest of a local image's configuration; empty where there is none by that tag."""

    def image(self, tag: str) -> Image:
        """A local image, to be compared with another."""

    def reset(self) -> None:
        """Forget every image but BASE, and all that a cache remembers."""

    def close(self) -> None:
        """Stop what runs, and leave nothing behind."""


def build(
    builder: Builder, context: Path, *words: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Build as the plain builder does, with what it needs to run here and to cache: without freshlayer."""
    arguments = (*builder.command[1:], *builder.options, *builder.to_cache, *words)
    return builder.run(*arguments, str(context), check=check)
