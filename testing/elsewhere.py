"""Hosts of the wide world, played back on loopback: a proxy that leads every tunnel to a port of ours.

with Elsewhere({"github.com": nginx.port}) as world:
    monkeypatch.setenv("HTTPS_PROXY", world.proxy)
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Mapping
from typing import Self

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


class Elsewhere:
    """A proxy for `CONNECT name:443` (RFC 9110 §9.3.6); `hosts` maps each name to a port on loopback.

    `asked` holds the name of every host that a tunnel was wanted to, in order.
    """

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self.asked: list[str] = []
        self._hosts = dict(hosts)
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.proxy = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        world = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                first = self.rfile.readline(8192).decode("latin-1").split()
                while self.rfile.readline(8192).strip():
                    pass
                name = first[1].rpartition(":")[0] if len(first) > 1 else ""
                world.asked.append(name)
                port = world._hosts.get(name)
                if port is None:
                    self.wfile.write(REFUSED)
                    return
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
                    self.wfile.write(ESTABLISHED)
                    _join(self.connection, server)

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass on what either says, until one of them has said all."""
    back = threading.Thread(target=_pour, args=(other, one))
    back.start()
    _pour(one, other)
    back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
