"""What docker's client is told by its own files: ``config.json``, contexts, plugins."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def has_buildx(environ: Mapping[str, str]) -> bool:
    """Whether the client has the plugin, where it looks for plugins."""
    extra = _config(environ).get("cliPluginsExtraDirs", [])
    folders = [
        str(_folder(environ) / "cli-plugins"),
        *(extra if isinstance(extra, list) else []),
        *_PLUGIN_FOLDERS,
    ]
    return any(os.access(os.path.join(str(folder), "docker-buildx"), os.X_OK) for folder in folders)


def prefers_buildx(environ: Mapping[str, str]) -> bool:
    """Whether ``docker build`` means ``docker buildx build`` (``docker buildx install``)."""
    aliases = _config(environ).get("aliases")
    return isinstance(aliases, dict) and aliases.get("builder") == "buildx"


def host(environ: Mapping[str, str]) -> str:
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
