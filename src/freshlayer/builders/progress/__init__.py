"""Who reads a builder's display: text → what happened, by instruction."""

from __future__ import annotations

from collections.abc import Mapping

from freshlayer.builders.base import Reader
from freshlayer.builders.command_line import BuildCommand


def buildkit(command: BuildCommand, environment: Mapping[str, str]) -> Reader | None:  # noqa: ARG001
    """For BuildKit by the docker client and by buildx; the form is the one that the user chose."""
    return None


def classic(command: BuildCommand) -> Reader | None:  # noqa: ARG001
    """For the classic builder."""
    return None


def buildah(command: BuildCommand) -> Reader | None:  # noqa: ARG001
    """For buildah and podman."""
    return None
