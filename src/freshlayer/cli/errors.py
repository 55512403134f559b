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
        place = f"{source.shown}:{error.line}" if error.line else source.shown
        raise DockerfileError(f"{place}: {error.message}", error.line) from None
