"""Dockerfiles as a lock file has them: for each platform alone, with the options that it keeps."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.context import Source
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.lock import LockedDockerfile
from freshlayer.workflows.target import Target


class LockTarget(Struct, frozen=True):
    """A Dockerfile for one platform, with the options that the lock file keeps."""

    described: LockedDockerfile
    target: Target


def targets_for(described: LockedDockerfile, source: Source) -> list[LockTarget]:
    """One for each platform: a lock serves builds for any of them. Raises DockerfileError."""
    return [
        LockTarget(described, Target.of(source, _request(described, platform)))
        for platform in described.platforms
    ]


def _request(described: LockedDockerfile, platform: str) -> BuildRequest:
    """The same on every machine: neither its platform nor its proxies decide what is locked."""
    return BuildRequest(
        platforms=(platform,),
        target=described.target,
        build_args=described.build_args,
        network=described.network or None,
        host=platform,
        all_stages=not described.target,
    )
