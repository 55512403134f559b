"""Choose the builder that the user's own ``docker build`` would be; else podman, else buildah."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from freshlayer import children
from freshlayer.builders import versions
from freshlayer.builders.docker import BuildKit, Classic
from freshlayer.docker_client import config as docker_config
from freshlayer.errors import BuilderError

if TYPE_CHECKING:
    from freshlayer.builders.base import Builder

_PLAIN = ("build",)


def _buildah(
    program: tuple[str, ...], words: tuple[str, ...], environment: Mapping[str, str], name: str
) -> Builder:
    from freshlayer.builders.containers import buildah  # noqa: PLC0415 - where there is no docker

    return buildah(program, words, environment, name)


def _podman(
    program: tuple[str, ...], words: tuple[str, ...], environment: Mapping[str, str], name: str
) -> Builder:
    from freshlayer.builders.containers import podman  # noqa: PLC0415 - where there is no docker

    return podman(program, words, environment, name)


class Row(Struct, frozen=True):
    """A builder: the program, its words before the user's own, and what ``--builder`` sets for it."""

    make: Callable[[tuple[str, ...], tuple[str, ...], Mapping[str, str], str], Builder]
    program: str
    words: tuple[str, ...] = _PLAIN
    forced: Mapping[str, str] = field(default_factory=dict)


BUILDERS: Mapping[str, Row] = {
    "buildah": Row(_buildah, "buildah"),
    "buildkit": Row(BuildKit, "docker", forced={"DOCKER_BUILDKIT": "1"}),
    "buildx": Row(BuildKit, "docker", ("buildx", "build")),
    "classic": Row(Classic, "docker", forced={"DOCKER_BUILDKIT": "0"}),
    "podman": Row(_podman, "podman"),
}
"""Name for ``--builder`` → the builder."""

_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_SECONDS = 10.0
_LONGEST_PING = 8192
_WITHOUT_DOCKER = ("podman", "buildah")


def detect(wanted: str, environ: Mapping[str, str], flags: Sequence[str] = ()) -> Builder:
    """The builder that ``--builder`` names, else the one that the user's own command would be.

    ``flags``: docker's own, which stand before its command.

    Raises BuilderError where there is none; the message states where it looked and what to install.
    """
    if wanted:
        return _named(wanted, environ, flags)
    docker = _found("docker", environ)
    if docker is not None:
        name = _behind(docker, environ)
        words, own = docker_config.build_words(name, environ)
        return BUILDERS[name].make((docker, *flags), words, {**own, **environ}, name)
    for name in _WITHOUT_DOCKER:
        program = _found(name, environ)
        if program is not None:
            return BUILDERS[name].make((program,), BUILDERS[name].words, environ, name)
    raise BuilderError(
        f"no builder was found: there is no docker, podman or buildah in PATH ({_path(environ)}); "
        "install one of them (on Debian and Ubuntu the packages docker.io, podman, buildah)"
    )


def _named(name: str, environ: Mapping[str, str], flags: Sequence[str]) -> Builder:
    row = BUILDERS.get(name)
    if row is None:
        raise BuilderError(f"--builder {name}: there are {', '.join(sorted(BUILDERS))}")
    program = _found(row.program, environ)
    if program is None:
        raise BuilderError(f"--builder {name}: there is no {row.program} in PATH ({_path(environ)})")
    environment = {**environ, **row.forced}
    if row.program != "docker":
        return row.make((program,), row.words, environment, name)
    words = docker_config.build_words(name, environ)[0] if row.words == _PLAIN else row.words
    return row.make((program, *flags), words, environment, name)


def _found(program: str, environ: Mapping[str, str]) -> str | None:
    return children.program(program, environ.get("PATH", os.defpath)) or None


def _path(environ: Mapping[str, str]) -> str:
    return environ.get("PATH", "which is not set")


def _behind(docker: str, environ: Mapping[str, str]) -> str:
    """As the client decides (docker/cli ``cmd/docker/builder.go``, ``cli/command/cli.go``)."""
    version = versions.version_text(docker, environ)
    if "podman" in version.lower():
        return "podman"
    setting = environ.get("DOCKER_BUILDKIT", "")
    if setting and setting not in _TRUE:
        return "classic"
    if docker_config.prefers_buildx(environ):
        return "buildx"
    if versions.major(version) >= versions.BUILDX_BY_DEFAULT:
        return "buildx" if setting or docker_config.has_plugin("buildx", environ) else "classic"
    return "buildkit" if setting or _daemon_prefers_buildkit(docker, environ) else "classic"


def _daemon_prefers_buildkit(docker: str, environ: Mapping[str, str]) -> bool:
    """The ``Builder-Version`` of ``/_ping``, which a client before 23 uses."""
    host = docker_config.host(environ)
    if host.startswith("unix://"):
        return _ping(host.removeprefix("unix://")) == "2"
    server = versions.output(docker, ["version", "--format", "{{.Server.Version}}"], environ)
    return versions.major(server) >= versions.BUILDX_BY_DEFAULT


def _ping(path: str) -> str:
    from freshlayer.builders.daemon_request import exchange  # noqa: PLC0415 - of clients before 23

    try:
        answer = exchange(path, "HEAD /_ping", _LONGEST_PING, _SECONDS)
    except OSError:
        return ""
    headers = (line.partition(b":") for line in answer.splitlines())
    stated = (value.strip() for name, _, value in headers if name.lower() == b"builder-version")
    return next(stated, b"").decode("ascii", "replace")
