"""Choose the builder that a plain ``docker build`` would use in this environment."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from freshlayer.builders.base import Builder
from freshlayer.builders.docker import BuildKit, Classic
from freshlayer.errors import BuilderError

BUILDERS: dict[str, Callable[[tuple[str, ...], Mapping[str, str]], Builder]] = {
    "buildkit": BuildKit,
    "classic": Classic,
}
"""Name for ``--builder`` → the builder."""

_FORCED = {"buildkit": "1", "classic": "0"}
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_BUILDX_BY_DEFAULT = 23
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_SECONDS = 10.0
_LONGEST_PING = 8192


def detect(wanted: str, environ: Mapping[str, str]) -> Builder:
    """The builder that ``--builder`` names, else the one that docker would choose.

    Raises BuilderError where there is none; it says where was looked.
    """
    if wanted and wanted not in BUILDERS:
        raise BuilderError(f"--builder {wanted}: there are {', '.join(sorted(BUILDERS))}")
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None:
        raise BuilderError(
            f"no builder was found: there is no docker in PATH ({environ.get('PATH', 'which is not set')})"
        )
    argv = (docker, "build")
    if wanted:
        return BUILDERS[wanted](argv, {**environ, "DOCKER_BUILDKIT": _FORCED[wanted]})
    return BUILDERS[_chosen(docker, environ)](argv, environ)


def _chosen(docker: str, environ: Mapping[str, str]) -> str:
    """As the client decides (docker/cli ``cmd/docker/builder.go``, ``cli/command/cli.go``)."""
    said = environ.get("DOCKER_BUILDKIT", "")
    if said:
        return "buildkit" if said in _TRUE else "classic"
    if _major(_output(docker, ["--version"], environ)) >= _BUILDX_BY_DEFAULT:
        return "buildkit" if _has_buildx(environ) else "classic"
    return "buildkit" if _daemon_prefers_buildkit(docker, environ) else "classic"


def _has_buildx(environ: Mapping[str, str]) -> bool:
    config = _config(environ)
    extra = config.get("cliPluginsExtraDirs", [])
    folders = [
        str(_folder(environ) / "cli-plugins"),
        *(extra if isinstance(extra, list) else []),
        *_PLUGIN_FOLDERS,
    ]
    return any(os.access(os.path.join(str(folder), "docker-buildx"), os.X_OK) for folder in folders)


def _daemon_prefers_buildkit(docker: str, environ: Mapping[str, str]) -> bool:
    """The ``Builder-Version`` of ``/_ping``, which a client before 23 goes by; asked by version elsewhere."""
    host = _host(environ)
    if host.startswith("unix://"):
        return _ping(host.removeprefix("unix://")) == "2"
    server = _output(docker, ["version", "--format", "{{.Server.Version}}"], environ)
    return _major(server) >= _BUILDX_BY_DEFAULT


def _ping(path: str) -> str:
    """By hand: importing an HTTP library takes longer than the whole exchange."""
    answer = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(path)
            connection.sendall(b"HEAD /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            while len(answer) < _LONGEST_PING and (more := connection.recv(_LONGEST_PING)):
                answer += more
        except OSError:
            return ""
    match = re.search(rb"(?im)^builder-version:\s*(\d+)", answer)
    return match[1].decode() if match else ""


def _host(environ: Mapping[str, str]) -> str:
    """DOCKER_HOST, else the current context's endpoint, else the default socket."""
    if environ.get("DOCKER_HOST"):
        return environ["DOCKER_HOST"]
    context = environ.get("DOCKER_CONTEXT") or str(_config(environ).get("currentContext", ""))
    if context in {"", "default"}:
        return _DEFAULT_HOST
    name = hashlib.sha256(context.encode()).hexdigest()
    meta = _json(_folder(environ) / "contexts" / "meta" / name / "meta.json")
    endpoint = meta.get("Endpoints")
    docker = endpoint.get("docker") if isinstance(endpoint, dict) else None
    return str(docker.get("Host", "")) if isinstance(docker, dict) else ""


def _folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME", "/")) / ".docker")


def _config(environ: Mapping[str, str]) -> dict[str, object]:
    return _json(_folder(environ) / "config.json")


def _json(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _output(docker: str, words: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            [docker, *words], env=dict(environ), capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[:1000].decode("utf-8", "replace")


def _major(text: str) -> int:
    match = re.search(r"(\d+)\.\d+", text)
    return int(match[1]) if match else 0
