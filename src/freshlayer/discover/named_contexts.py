"""``--build-context NAME=SOURCE``: what FROM, ``COPY --from`` and ``RUN --mount=from`` read by that name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from freshlayer.discover.syntaxes.found import Finding, Found, Missed
from freshlayer.model.reasons import Reason
from freshlayer.reference import is_remote_context

_IMAGE = "docker-image://"
_OTHER_TARGET = re.compile(r"(?:target|service):")
_NOT_WATCHED = Reason("context-not-watched", detail="a build context from another host is not watched")


def context_named(name: str, contexts: Mapping[str, str]) -> str | None:
    """The source of the context that a name means; BuildKit compares names in their short form."""
    if not contexts:
        return None
    wanted = _familiar(name)
    return next((source for given, source in contexts.items() if _familiar(given) == wanted), None)


def _familiar(name: str) -> str:
    """``docker.io/library/alpine:latest`` → ``alpine`` (buildx, BuildKit ``dockerui/namedcontext.go``)."""
    short = re.sub(r"\A(?:index\.)?docker\.io/(?:library/)?", "", name)
    return short.removeprefix("library/").removesuffix(":latest")


def named_source(name: str, contexts: Mapping[str, str]) -> Iterator[Finding]:
    """An image, unless the command gives the name another meaning, as a directory or another target."""
    source = context_named(name, contexts)
    if source is None:
        yield Found(f"{_IMAGE}{name}")
    elif source.startswith(_IMAGE):
        yield Found(source)
    elif not _OTHER_TARGET.match(source) and is_remote_context(source):
        yield Missed(f"{name}={source}", _NOT_WATCHED)
