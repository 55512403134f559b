"""Files of an image of a docker daemon on a local socket, out of a container that is never started.

Each path is a request, which costs milliseconds, where to save the image costs its size. The container has
labels of ours: what a killed run left is removed by the next one, at once where that run is certainly gone.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from freshlayer.builders.process_marks import is_gone, own_mark
from freshlayer.errors import BuilderError

_SECONDS = 60.0
_PIECE = 1024 * 1024
_LARGEST_ANSWER = 1024 * 1024
_LONGEST_HEAD = 64 * 1024
_LABEL = "dev.freshlayer.base"
_OWNER = "dev.freshlayer.process"
_ABANDONED_AFTER = 3600
_OK, _CREATED = 200, 201

Files = Iterator[tuple[str, Iterator[bytes]]]


@contextlib.contextmanager
def container(path: str, image: str) -> Iterator[str]:
    """The id of a new container of an image, which is removed again. Raises BuilderError."""
    _remove_abandoned(path)
    # The daemon requires a command, which is never run; without a network nothing of one is set up.
    labels = {_LABEL: "1", _OWNER: own_mark()}
    wanted = {"Image": image, "Entrypoint": ["/freshlayer"], "NetworkDisabled": True, "Labels": labels}
    status, body = _answer(path, "POST", "/containers/create", json.dumps(wanted).encode())
    made = _document(body).get("Id") if status == _CREATED else None
    if not isinstance(made, str):
        raise BuilderError(f"docker makes no container of the image (status {status})")
    try:
        yield made
    finally:
        _remove(path, made)


def files(path: str, made: str, wanted: Sequence[str]) -> Files:
    """For each path that the container has: the directory that it is in, and a tar of it.

    Raises BuilderError, OSError.
    """
    for name in wanted:
        with _request(path, "GET", f"/containers/{made}/archive?path=%2F{quote(name, safe='')}") as (
            status,
            body,
        ):
            if status == _OK:
                yield name.rpartition("/")[0], body


def _remove(path: str, made: str) -> None:
    """With the volumes that the image has, which docker makes together with it."""
    with contextlib.suppress(OSError, BuilderError):
        _answer(path, "DELETE", f"/containers/{quote(made, safe='')}?force=1&v=1")


def _remove_abandoned(path: str) -> None:
    named = quote(json.dumps({"label": [_LABEL], "status": ["created"]}), safe="")
    with contextlib.suppress(OSError, BuilderError, ValueError):
        _, body = _answer(path, "GET", f"/containers/json?all=1&filters={named}")
        listed = json.loads(body)
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict) and _is_abandoned(item):
                _remove(path, str(item.get("Id", "")))


def _is_abandoned(item: Mapping[str, object]) -> bool:
    """The engine may be another machine's too, whose processes are not known here: theirs have an hour."""
    labels = item.get("Labels")
    owner = labels.get(_OWNER) if isinstance(labels, dict) else None
    created = item.get("Created")
    old = isinstance(created, int) and time.time() - created > _ABANDONED_AFTER
    return old or (isinstance(owner, str) and is_gone(owner))


def _answer(path: str, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
    """Raises BuilderError, OSError."""
    with _request(path, method, target, body) as (status, pieces):
        found = bytearray()
        for piece in pieces:
            found += piece
            if len(found) > _LARGEST_ANSWER:
                raise BuilderError("docker's answer is too long")
        return status, bytes(found)


@contextlib.contextmanager
def _request(path: str, method: str, target: str, body: bytes = b"") -> Iterator[tuple[int, Iterator[bytes]]]:
    """Status and body; HTTP/1.0 ends it by closing, in any number of bytes."""
    lines = [f"{method} {target} HTTP/1.0", "Host: docker", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json"] if body else []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(path)
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        head, rest = _head(connection)
        try:
            status = int(head.split(b" ", 2)[1])
        except (IndexError, ValueError):
            raise BuilderError("docker's answer can't be read") from None
        yield status, _pieces(connection, rest)


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    received = bytearray()
    while b"\r\n\r\n" not in received and len(received) < _LONGEST_HEAD:
        more = connection.recv(_LONGEST_HEAD)
        if not more:
            break
        received += more
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    return head, rest


def _pieces(connection: socket.socket, first: bytes) -> Iterator[bytes]:
    if first:
        yield first
    while more := connection.recv(_PIECE):
        yield more


def _document(body: bytes) -> Mapping[str, object]:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
