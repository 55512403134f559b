"""Servers whose logs lack the size of bodies, each behind a relay that counts: Python's own, and rclone."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from testing.servers.base import Served, Server
from testing.servers.relay import Relay


class Relayed(Server):
    """The server listens on `port`; `url` is the relay's."""

    def prepare(self) -> None:
        self._relay = self.also(Relay(self.port))
        self.url = self._relay.url

    def logged(self) -> Iterable[Served]:
        return self._relay.served()


class PythonServer(Relayed):
    """`python -m http.server`: a date and a length, no tag, no ranges."""

    PROGRAM = sys.executable

    def command(self) -> list[str]:
        place = ["--bind", "127.0.0.1", "--directory", str(self.directory), str(self.port)]
        return [self.program, "-m", "http.server", *place]


class Rclone(Relayed):
    """`rclone serve http`, with its defaults: what a directory holds is remembered for five minutes."""

    PROGRAM = "rclone"

    def command(self) -> list[str]:
        return [self.program, "serve", "http", "--addr", f"127.0.0.1:{self.port}", str(self.directory)]
