"""Of which sources a builder checks the bytes where ``ADD`` has ``--checksum``.

Measured: BuildKit in Docker 26 and 28, buildah 1.39 and podman 5.4 fail on other bytes; the classic builder
of Docker 26 takes them; BuildKit in Docker 20.10, buildah 1.28 and podman 4.3 do not know the option.
https://docs.docker.com/build/buildkit/dockerfile-release-notes/ (1.6: of URLs; 1.16: of git)
"""

from __future__ import annotations

from freshlayer.dockerfile.syntax import frontend_version
from freshlayer.lazy_regex import compiled

URLS, GIT = "http", "git"
NONE: frozenset[str] = frozenset()

_OF_URLS, _OF_GIT = (1, 6), (1, 16)
_DAEMONS = (((28, 2), _OF_GIT), ((26, 0), _OF_URLS))
"""Version of the docker daemon → that of the frontend in it, as far as it matters."""
_CONTAINERS = {"buildah": (1, 39), "podman": (5, 4)}


def of_buildkit(syntax_image: str, daemon: str) -> frozenset[str]:
    """Kinds of references. ``daemon``: its version; empty where it is not known, or does not build."""
    here = next((known for least, known in _DAEMONS if version_of(daemon) >= least), (0, 0))
    frontend = frontend_version(syntax_image) if syntax_image else here
    kinds = {URLS} if frontend >= _OF_URLS else set[str]()
    # What checks a commit is in the daemon, and not in the frontend.
    return frozenset(kinds | ({GIT} if min(frontend, here) >= _OF_GIT else set()))


_VERSION = compiled(r"(\d{1,6})\.(\d{1,6})")


def of_containers(name: str, version: str) -> frozenset[str]:
    """``name``: buildah or podman. ``version``: what it prints."""
    least = _CONTAINERS.get(name)
    return frozenset({URLS}) if least and version_of(version) >= least else NONE


def version_of(text: str) -> tuple[int, int]:
    """The first two numbers of a version; zeros where there are none."""
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)
