"""A Dockerfile that is built or checked: its text, the options of its build, and what was read in it."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.context import ContextFiles, Source
from freshlayer.discover.analysis import Analysis, BuildRequest, analyse


class Target(Struct, frozen=True):
    """One build. ``analysis``: what the Dockerfile reads in a build with the options of ``request``."""

    source: Source
    request: BuildRequest
    analysis: Analysis

    @classmethod
    def of(cls, source: Source, request: BuildRequest) -> Target:
        """Analyse a Dockerfile, and the scripts of its context that it executes. Raises DockerfileError."""
        files = ContextFiles(source.context, source.path)
        return cls(source, request, analyse(source.text, request, files.read))
