"""One request to a server of the tests, and its answer whatever the status."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RefusedError(RuntimeError):
    """A server did not do what a test has to rely on."""


def ask(method: str, url: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b"") -> Answer:
    """Send it on a connection of its own; redirects are not followed. Raises OSError without an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    with contextlib.closing(connection):
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, target, body or None, dict(headers))
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, received, answer.read())


def demand(method: str, url: str, *, headers: Mapping[str, str] = NO_HEADERS, body: bytes = b"") -> Answer:
    """The same, but raises RefusedError unless the status is 2xx."""
    answer = ask(method, url, headers=headers, body=body)
    if answer.status // 100 != 2:
        said = answer.body[:500].decode("utf-8", "replace")
        raise RefusedError(f"{method} {url.partition('?')[0]}: {answer.status} {said}")
    return answer
