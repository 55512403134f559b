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


def named_source(name: str, contexts: Mapping[str, str]) -> Iterator[Finding]:
    """An image, unless the command gives the name another meaning, as a directory or another target."""
    source = contexts.get(name)
    if source is None:
        yield Found(f"{_IMAGE}{name}")
    elif source.startswith(_IMAGE):
        yield Found(source)
    elif not _OTHER_TARGET.match(source) and is_remote_context(source):
        yield Missed(f"{name}={source}", _NOT_WATCHED)
