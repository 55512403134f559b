"""The files of docker's client: ``config.json``, contexts, plugins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from freshlayer.files.bounded_read import read_file
from freshlayer.files.user_directories import docker_home

NAME = "fresh"
"""Of the plugin: ``docker fresh``."""

_DEFAULT_HOST = "unix:///var/run/docker.sock"
_PLUGIN_DIRECTORIES = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)

_PROXIES = {
    "httpProxy": "http_proxy",
    "httpsProxy": "https_proxy",
    "ftpProxy": "ftp_proxy",
    "noProxy": "no_proxy",
    "allProxy": "all_proxy",
}
_LARGEST = 16 * 1024 * 1024


def has_plugin(name: str, environ: Mapping[str, str]) -> bool:
    """Whether the client has a plugin (``buildx``, ``compose``), where it looks for plugins."""
    extra = config(environ).get("cliPluginsExtraDirs", [])
    directories = [
        str(docker_home(environ) / "cli-plugins"),
        *(extra if isinstance(extra, list) else []),
        *_PLUGIN_DIRECTORIES,
    ]
    return any(
        os.access(os.path.join(str(directory), f"docker-{name}"), os.X_OK) for directory in directories
    )


def prefers_buildx(environ: Mapping[str, str]) -> bool:
    """Whether ``docker build`` means ``docker buildx build`` (``docker buildx install``)."""
    return _alias(environ) == "buildx"


def build_words(builder: str, environ: Mapping[str, str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """``build``, or what it would run if our own alias were not there; and what is set for it then.

    Measured on the clients 20.10, 26 and 28: with the alias, ``docker build`` and ``docker image build`` come
    back to us. ``docker buildx build`` does not, and neither does ``docker image --help=false build``: the
    alias is looked for word by word, the command is not. Without an alias docker has buildx take the builder
    of the current context, not the one that ``buildx use`` chose.
    """
    if builder == "podman" or _alias(environ) != NAME:
        return ("build",), {}
    if builder == "buildx":
        return ("buildx", "build"), {"BUILDX_BUILDER": _context(environ)}
    return ("image", "--help=false", "build"), {}


def host(environ: Mapping[str, str]) -> str:
    """DOCKER_HOST, else the current context's endpoint, else the default socket."""
    if environ.get("DOCKER_HOST"):
        return environ["DOCKER_HOST"]
    context = _context(environ)
    if context == "default":
        return _DEFAULT_HOST
    import hashlib  # noqa: PLC0415 - few have a context

    name = hashlib.sha256(context.encode()).hexdigest()
    meta = _json(docker_home(environ) / "contexts" / "meta" / name / "meta.json")
    endpoint = meta.get("Endpoints")
    docker = endpoint.get("docker") if isinstance(endpoint, dict) else None
    return str(docker.get("Host", "")) if isinstance(docker, dict) else ""


def proxies(environ: Mapping[str, str], builder: str = "") -> dict[str, str]:
    """The build args that docker's client adds for ``proxies`` of its configuration, by daemon or default.

    podman and buildah hand our own environment's to a RUN.
    """
    configured = config(environ).get("proxies")
    if builder in {"podman", "buildah"} or not isinstance(configured, dict):
        return {}
    chosen = configured.get(host(environ), configured.get("default"))
    found = chosen if isinstance(chosen, dict) else {}
    named = {name: found[key] for key, name in _PROXIES.items() if isinstance(found.get(key), str)}
    return {form: value for name, value in named.items() if value for form in (name, name.upper())}


def chosen_instance(environ: Mapping[str, str]) -> str:
    """The instance that ``buildx use`` chose for this daemon; empty for the daemon's own."""
    chosen = _json(_buildx(environ) / "current")
    here = {host(environ), _context(environ)}
    return str(chosen.get("Name") or "") if chosen.get("Global") or chosen.get("Key") in here else ""


def instance(environ: Mapping[str, str], name: str) -> dict[str, object]:
    """What buildx recorded of an instance; empty for the daemon's own, which has the name of a context."""
    if "/" in name or name in {"default", _context(environ)}:
        return {}
    return _json(_buildx(environ) / "instances" / name)


def _buildx(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("BUILDX_CONFIG") or docker_home(environ) / "buildx")


def _alias(environ: Mapping[str, str]) -> str:
    """The plugin that ``docker build`` runs; empty where docker decides."""
    aliases = config(environ).get("aliases")
    return str(aliases.get("builder", "")) if isinstance(aliases, dict) else ""


def _context(environ: Mapping[str, str]) -> str:
    """As docker resolves it (docker/cli ``resolveContextName``)."""
    if environ.get("DOCKER_HOST"):
        return "default"
    return environ.get("DOCKER_CONTEXT") or str(config(environ).get("currentContext") or "default")


def config(environ: Mapping[str, str]) -> dict[str, object]:
    """``config.json``; empty where it can't be read."""
    return _json(docker_home(environ) / "config.json")


def _json(path: Path) -> dict[str, object]:
    try:
        document = msgspec.json.decode(read_file(path, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
