"""A wire of a given length: a relay on loopback that holds back every octet for half a round trip."""

from __future__ import annotations

import contextlib
import queue
import socket
import socketserver
import threading
import time
from typing import Self


class Latency:
    """In front of `port` on loopback; `round_trip` in seconds. `connections` counts those accepted.

    What is on the way does not wait for what went before it: only time passes, as on a long wire.
    """

    def __init__(self, port: int, round_trip: float) -> None:
        self.connections = 0
        self._behind = port
        self._half = round_trip / 2
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        wire = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                wire.connections += 1
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", wire._behind)) as server,
                ):
                    for end in (self.request, server):
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    back = threading.Thread(target=_carry, args=(server, self.request, wire._half))
                    back.start()
                    _carry(self.request, server, wire._half)
                    back.join()

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
