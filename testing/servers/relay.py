"""A relay on loopback that passes every answer on, octet for octet, and counts those of its body."""

from __future__ import annotations

import socket
import threading

from testing.loopback import LoopbackServer
from testing.servers.base import Served

END_OF_HEAD = b"\r\n\r\n"


class Relay(LoopbackServer):
    """In front of the server on port `behind` of loopback.

    Each connection carries one request: it is passed on with `Connection: close`, and the answer ends with
    the connection. Requests with a body are not for it.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._served: list[Served] = []
        self._lock = threading.Lock()
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}/"

    def served(self) -> list[Served]:
        """Every request whose answer has been passed on, in the order of their ends."""
        with self._lock:
            return list(self._served)

    def serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        head = _head(connection)
        if head:
            with socket.create_connection(("127.0.0.1", self._behind), timeout=10) as server:
                server.sendall(_for_one_request(head))
                answer = _until_closed(server)
            # Noted before the client has it: so that a client that has its answer finds it in the list.
            self._note(head, answer)
            connection.sendall(answer)

    def _note(self, head: bytes, answer: bytes) -> None:
        method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        first, _, body = answer.partition(END_OF_HEAD)
        with self._lock:
            self._served.append(Served(method, path, int(first.split(b" ", 2)[1]), len(body)))


def _head(client: socket.socket) -> bytes:
    """The request line and headers; empty where the client hangs up first."""
    head = b""
    while END_OF_HEAD not in head:
        data = client.recv(65536)
        if not data:
            return b""
        head += data
    return head


def _for_one_request(head: bytes) -> bytes:
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([kept[0], b"Connection: close", *kept[1:]])


def _until_closed(server: socket.socket) -> bytes:
    answer = b""
    while data := server.recv(65536):
        answer += data
    return answer
