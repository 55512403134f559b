"""Where a builder keeps its cache and its images, found from its configuration: no program, no request."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from freshlayer.docker_client import config as docker_config
from freshlayer.files.bounded_read import read_text
from freshlayer.files.user_directories import config_home, home_of
from freshlayer.lazy_regex import compiled

_LARGEST = 1024 * 1024
_USER = compiled(r"//[^@/]*@")
_ROOT_STORAGE = "/var/lib/containers/storage"
_SYSTEM_STORAGE_FILES = ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf")


def of_docker(environ: Mapping[str, str]) -> str:
    """The endpoint of the daemon, whatever leads to it: a variable, a context, a symbolic link."""
    host = docker_config.host(environ)
    if host.startswith("unix://"):
        return f"unix://{os.path.realpath(host.removeprefix('unix://'))}"
    return _without_user(host)


def of_buildx(environ: Mapping[str, str], named: str, *, chosen: bool) -> str:
    """The daemon, or an instance of buildx with a cache of its own.

    ``named``: by ``--builder``. ``chosen``: whether the instance of ``buildx use`` counts.
    """
    name = named or environ.get("BUILDX_BUILDER", "")
    if not name and chosen:
        name = docker_config.chosen_instance(environ)
    instance = docker_config.instance(environ, name) if name else {}
    if not instance or instance.get("Driver") in {"", "docker", None}:
        return of_docker(environ)
    return " ".join([f"buildx:{name}", *sorted(_endpoints(instance))])


def of_containers(environ: Mapping[str, str]) -> str:
    """The storage of buildah and podman; of a podman on another machine, its address."""
    remote = environ.get("CONTAINER_HOST") or environ.get("CONTAINER_CONNECTION")
    return _without_user(remote) if remote else os.path.realpath(_storage(environ))


def _without_user(address: str) -> str:
    return _USER.sub("//", address)


def _endpoints(instance: Mapping[str, object]) -> Iterator[str]:
    nodes = instance.get("Nodes")
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, dict) and isinstance(node.get("Endpoint"), str):
            yield _without_user(node["Endpoint"])


def _storage(environ: Mapping[str, str]) -> str:
    """containers-storage.conf(5): the user's file, then the system's, then the default."""
    home = Path(home_of(environ))
    rootless = os.geteuid() != 0
    own = config_home(environ) / "containers" / "storage.conf"
    given = environ.get("CONTAINERS_STORAGE_CONF")
    for path in [given] if given else [*([str(own)] if rootless else []), *_SYSTEM_STORAGE_FILES]:
        settings = _settings(path)
        key = "rootless_storage_path" if rootless and path in _SYSTEM_STORAGE_FILES else "graphroot"
        if isinstance(settings.get(key), str) and settings[key]:
            return os.path.expandvars(str(settings[key]).replace("$HOME", str(home)))
    if not rootless:
        return _ROOT_STORAGE
    return str(Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "containers" / "storage")


def _settings(path: str) -> Mapping[str, object]:
    import tomllib  # noqa: PLC0415 - 5 ms, which docker's users need not wait for

    try:
        document = tomllib.loads(read_text(path, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    storage = document.get("storage")
    return storage if isinstance(storage, dict) else {}
