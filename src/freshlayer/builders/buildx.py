"""Which builder of buildx builds: BuildKit in the docker daemon takes local images, the others take none."""

from __future__ import annotations

from collections.abc import Mapping

from freshlayer.docker_client import config as docker_config
from freshlayer.errors import BuilderError

_SECONDS = 10.0
_IN_DAEMON = "docker"


def in_daemon(
    program: tuple[str, ...], words: tuple[str, ...], environ: Mapping[str, str], named: str
) -> bool:
    """Whether the build runs in the docker daemon. ``named``: the value of ``--builder``.

    ``docker build`` takes the builder of the docker context unless one is named, ``docker buildx build`` the
    one that ``docker buildx use`` chose. Where buildx gives no answer the daemon is assumed.
    """
    name = named or environ.get("BUILDX_BUILDER", "")
    if not name and words == ("build",) and not docker_config.prefers_buildx(environ):
        return True
    return _driver(program, name, environ) in {_IN_DAEMON, ""}


def _driver(program: tuple[str, ...], name: str, environ: Mapping[str, str]) -> str:
    argv = [*program, "buildx", "inspect", *([name] if name else [])]
    try:
        from freshlayer.builders.run.captured import captured  # noqa: PLC0415 - most runs start no program

        done = captured(argv, environ, seconds=_SECONDS)
    except BuilderError:
        return ""
    import re  # noqa: PLC0415 - behind a program

    found = re.search(rb"(?m)^Driver:\s+([\w-]+)", done.stdout[:10_000])
    return found[1].decode() if found and not done.returncode else ""
