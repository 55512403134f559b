"""A server of the tests' own on loopback, and two connections joined into one."""

from __future__ import annotations

import contextlib
import queue
import socket
import socketserver
import threading
import time
from abc import abstractmethod
from typing import Self


class LoopbackServer:
    """Starts when it is made; `serve` is called with each connection, and in a thread of its own."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @abstractmethod
    def serve(self, connection: socket.socket) -> None:
        """Talk to one client until it has what it wants."""

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        serve = self.serve

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    serve(self.request)

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def join(client: socket.socket, port: int, *, first: bytes = b"", delay: float = 0.0) -> None:
    """Join a connection with a new one to a port of loopback, until one side has sent all.

    The client gets `first` once the other side is there; every piece takes `delay` seconds.
    """
    with socket.create_connection(("127.0.0.1", port)) as server:
        client.sendall(first)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_carry, args=(server, client, delay))
        back.start()
        _carry(client, server, delay)
        back.join()


def _carry(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Pass on everything, each piece `delay` seconds after it came; then end both."""
    on_the_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    arriving = threading.Thread(target=_deliver, args=(on_the_way, target))
    arriving.start()
    data = b"-"
    while data:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        on_the_way.put((time.monotonic() + delay, data))
    arriving.join()
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _deliver(on_the_way: queue.SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
    while True:
        at, data = on_the_way.get()
        time.sleep(max(0.0, at - time.monotonic()))
        if not data:
            return
        with contextlib.suppress(OSError):
            target.sendall(data)
