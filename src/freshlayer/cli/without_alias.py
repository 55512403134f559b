"""What ``docker build`` and ``docker builder …`` would run if the alias were not there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from freshlayer.builders.detect import detect
from freshlayer.docker_client.config import config
from freshlayer.docker_client.install import DockerDirectory
from freshlayer.files.temporary import temporary_directory


@contextmanager
def unaliased(
    flags: Sequence[str], words: Sequence[str], environ: Mapping[str, str]
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The argument vector and the environment for ``words``, which start with ``build``, ``prune``, ….

    From 23 docker hands ``docker builder …`` over to buildx where that is there; before, and without it, the
    command is docker's own, of which the word ``builder`` is always taken for the alias.

    Raises BuilderError where there is no builder.
    """
    builder = detect("", environ, flags)
    start = [builder.argv[0], *flags]
    if words[0] == "build":
        yield [*builder.argv, *words[1:]], dict(builder.environment)
    elif builder.name == "buildx":
        yield [*start, "buildx", *words], dict(environ)
    else:
        with _directory_without_alias(environ) as directory:
            yield [*start, "builder", *words], {**environ, "DOCKER_CONFIG": directory}


@contextmanager
def _directory_without_alias(environ: Mapping[str, str]) -> Iterator[str]:
    """The user's docker directory behind links, but for its config.json: of that only the context is needed.

    What prunes needs no credential, so none is copied.
    """
    own = DockerDirectory.of(environ)
    with temporary_directory() as directory:
        for entry in own.path.iterdir() if own.path.is_dir() else ():
            if entry != own.config:
                (Path(directory) / entry.name).symlink_to(entry.absolute())
        (Path(directory) / "config.json").write_text(json.dumps(_context_alone(environ)), "utf-8")
        yield directory


def _context_alone(environ: Mapping[str, str]) -> dict[str, object]:
    return {name: value for name, value in config(environ).items() if name == "currentContext"}
