"""One real server on loopback for the origins of any number of histories: /ID/… is that history's."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping

from testing.loopback import LoopbackServer
from testing.origin_histories.origin import Answer, Origin


class Server(LoopbackServer):
    """Keeps connections open.

    A conversation has one request on its way at a time, so no origin needs a lock.
    """

    def __init__(self, origins: Mapping[str, Origin]) -> None:
        self._origins = origins
        super().__init__()

    def url(self, identifier: str) -> str:
        """The address of a history's file."""
        return f"http://127.0.0.1:{self.port}/{identifier}/{self._origins[identifier].policy.name}"

    def serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                data = connection.recv(65536)
                if not data:
                    return
                waiting += data
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            if not self._answered(connection, head.decode("latin-1")):
                return

    def _answered(self, connection: socket.socket, head: str) -> bool:
        """Whether the connection stays open."""
        first, *rest = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in rest)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        _, identifier, path = target.split("/", 2)
        answer = self._origins[identifier].answer(method, f"/{path}", headers)
        if answer is None:
            return False
        if "Location" in answer.headers:
            answer.headers["Location"] = f"/{identifier}{answer.headers['Location']}"
        connection.sendall(_written(method, answer))
        bodiless = method == "HEAD" or answer.status == http.client.NOT_MODIFIED or not answer.body
        return bodiless or "Content-Length" in answer.headers


def _written(method: str, answer: Answer) -> bytes:
    headers = dict(answer.headers)
    if not answer.body and method != "HEAD" and answer.status != http.client.NOT_MODIFIED:
        headers.setdefault("Content-Length", "0")
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if method == "HEAD" else answer.body)
