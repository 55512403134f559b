"""Docker's client, and its plugins."""

from __future__ import annotations

import os

from freshlayer import children
from freshlayer.errors import BuilderError


def docker_program() -> str:
    """The path of docker. Raises BuilderError."""
    found = children.program("docker", os.environ.get("PATH", os.defpath))
    if not found:
        raise BuilderError(f"there is no docker in PATH ({os.environ.get('PATH', 'which is not set')})")
    return found


def missing(plugin: str) -> str:
    """Why a plugin has no help of its own, as a clause; without it docker shows the help of docker."""
    from freshlayer.docker_client.config import has_plugin

    if not children.program("docker", os.environ.get("PATH", os.defpath)):
        return "there is no docker in PATH"
    return "" if has_plugin(plugin, os.environ) else f"this docker lacks the plugin {plugin}"
