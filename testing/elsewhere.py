"""Hosts of the wide world, played back on loopback: a proxy that leads every tunnel to a port of ours.

with Elsewhere({"github.com": nginx.port}) as world:
    monkeypatch.setenv("HTTPS_PROXY", world.proxy)
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from testing.loopback import LoopbackServer, join

LONGEST = 8192
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


class Elsewhere(LoopbackServer):
    """A proxy for `CONNECT name:443` (RFC 9110 §9.3.6); `hosts` maps each name to a port on loopback.

    `asked` holds the name of every host that a tunnel was wanted to, in order.
    """

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self.asked: list[str] = []
        self._hosts = dict(hosts)
        super().__init__()
        self.proxy = f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        # Unbuffered: what follows the empty line belongs to the tunnel.
        with connection.makefile("rb", buffering=0) as reader:
            first = reader.readline(LONGEST).decode("latin-1").split()
            while reader.readline(LONGEST).strip():
                pass
        name = first[1].rpartition(":")[0] if len(first) > 1 else ""
        self.asked.append(name)
        port = self._hosts.get(name)
        if port is None:
            connection.sendall(REFUSED)
        else:
            join(connection, port, first=ESTABLISHED)
