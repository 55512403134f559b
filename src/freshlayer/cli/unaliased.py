"""What ``docker build`` and ``docker builder …`` would run if the alias were not there.

Measured on the clients 20.10, 26 and 28: with the alias, ``docker build``, ``docker image build`` and
``docker builder …`` come to us. ``docker buildx …`` does not, and neither does ``docker image --help=false
build``: the alias is looked for word by word, the command is not. A client before 23 builds with what it has
built in; later ones hand over to buildx where that is there, and to the classic builder otherwise.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from freshlayer.builders import detect
from freshlayer.errors import BuilderError
from freshlayer.install import DockerFolder


@contextmanager
def unaliased(
    flags: Sequence[str], words: Sequence[str], environ: Mapping[str, str]
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The argument vector and the environment for ``words``, which start with ``build``, ``prune``, ….

    Raises BuilderError where there is no docker.
    """
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None:
        raise BuilderError("there is no docker in PATH")
    start, environment = [docker, *flags], dict(environ)
    if detect("", environ).name == "buildx":
        yield [*start, "buildx", *words], {**_of_context(words, environ), **environment}
    elif words[0] == "build":
        yield [*start, "image", "--help=false", *words], environment
    else:
        with _folder_without_alias(environ) as folder:
            yield [*start, "builder", *words], {**environment, "DOCKER_CONFIG": folder}


def _of_context(words: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """``docker build`` uses the builder of the current context, not the one that ``buildx use`` chose."""
    if words[0] != "build" or any(word.partition("=")[0] == "--builder" for word in words):
        return {}
    return {"BUILDX_BUILDER": _context(environ)}


def _context(environ: Mapping[str, str]) -> str:
    """As docker resolves it (docker/cli ``resolveContextName``)."""
    if environ.get("DOCKER_HOST"):
        return "default"
    return environ.get("DOCKER_CONTEXT") or str(_config(environ).get("currentContext") or "default")


@contextmanager
def _folder_without_alias(environ: Mapping[str, str]) -> Iterator[str]:
    """The user's docker folder behind links, but for its config.json: of that only the context is needed.

    What prunes needs no credential, so none is copied.
    """
    own = DockerFolder.of(environ).path
    with tempfile.TemporaryDirectory(prefix="freshlayer-") as folder:
        for entry in own.iterdir() if own.is_dir() else ():
            if entry.name != "config.json":
                (Path(folder) / entry.name).symlink_to(entry.absolute())
        kept = {name: value for name, value in _config(environ).items() if name == "currentContext"}
        (Path(folder) / "config.json").write_text(json.dumps(kept), "utf-8")
        yield folder


def _config(environ: Mapping[str, str]) -> dict[str, object]:
    try:
        document = json.loads(DockerFolder.of(environ).config.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
