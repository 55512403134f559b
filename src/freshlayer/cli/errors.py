"""Errors in a Dockerfile, with their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from freshlayer.context import Source
from freshlayer.errors import DockerfileError


@contextmanager
def located(source: Source) -> Iterator[None]:
    """``Dockerfile:12: …`` in place of a bare message."""
    try:
        yield
    except DockerfileError as error:
        raise placed(error, source) from None


def placed(error: DockerfileError, source: Source) -> DockerfileError:
    """The same with the name of the file and the line."""
    place = f"{source.shown}:{error.line}" if error.line else source.shown
    return DockerfileError(f"{place}: {error.message}", error.line)
