"""The platforms of a build."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from freshlayer.dockerfile.platforms import normalised


def default_platform() -> str:
    """The platform of this machine, as builders write it."""
    return normalised(os.uname().machine, "")


def platforms_of(given: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The platforms of a build: as given, else DOCKER_DEFAULT_PLATFORM, else this machine's."""
    host = default_platform()
    named = given or [name for name in [environ.get("DOCKER_DEFAULT_PLATFORM", "")] if name]
    return tuple(dict.fromkeys(normalised(name, host) for name in named)) or (host,)
