"""Images of a docker daemon on a local socket, by hand: to start the client takes longer than the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from freshlayer.builders.daemon_request import exchange
from freshlayer.docker_client import config as docker_config

_SECONDS = 10.0
_LARGEST = 1024 * 1024
_LARGEST_CACHE = 32 * _LARGEST
_UNIX = "unix://"
_PUNCTUATION = str.maketrans("", "", "/:@._-")

Document = Mapping[str, object]


def images(program: Sequence[str], environ: Mapping[str, str], names: Sequence[str]) -> list[Document] | None:
    """What ``docker image inspect`` shows of those that are here; None where the client is needed.

    Flags of docker's own may lead to another daemon.
    """
    host = docker_config.host(environ)
    if len(program) != 1 or not host.startswith(_UNIX):
        return None
    path = host.removeprefix(_UNIX)
    answers = [_answer(path, f"/images/{_quoted(name)}/json") for name in names]
    if any(status not in {200, 404} for status, _ in answers):
        return None
    return [body for status, body in answers if status == 200]


def build_cache(program: Sequence[str], environ: Mapping[str, str]) -> Iterator[str]:
    """What BuildKit in the daemon states of each record of its cache; nothing where there is no answer."""
    host = docker_config.host(environ)
    if len(program) != 1 or not host.startswith(_UNIX):
        return
    _, found = _answer(host.removeprefix(_UNIX), "/system/df?type=build-cache", _LARGEST_CACHE)
    records = found.get("BuildCache")
    for record in records if isinstance(records, list) else ():
        if isinstance(record, dict) and isinstance(record.get("Description"), str):
            yield record["Description"]


def version(program: Sequence[str], environ: Mapping[str, str], engine: str) -> str:
    """The version of the daemon; empty where it does not answer, or another ``engine`` builds."""
    host = docker_config.host(environ)
    if len(program) != 1 or not (host.startswith(_UNIX) and engine.startswith(_UNIX)):
        return ""
    _, found = _answer(host.removeprefix(_UNIX), "/version")
    return str(found.get("Version", ""))


def _quoted(name: str) -> str:
    """As a part of a path; nearly every name of an image is one as it is."""
    if name.isascii() and name.translate(_PUNCTUATION).isalnum():
        return name
    from urllib.parse import quote  # noqa: PLC0415 - see above

    return quote(name, safe="/:@")


def _answer(path: str, target: str, largest: int = _LARGEST) -> tuple[int, Document]:
    """Status and object; 0 where there is no answer that can be read."""
    try:
        head, _, body = exchange(path, f"GET {target}", largest, _SECONDS).partition(b"\r\n\r\n")
        status, document = int(head.split(b" ")[1]), msgspec.json.decode(body)
    except (OSError, ValueError, IndexError, RecursionError):
        return 0, {}
    return (status, document) if isinstance(document, dict) else (0, {})
