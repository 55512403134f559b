"""A wire of a given length: a relay on loopback that holds back every octet for half a round trip."""

from __future__ import annotations

import socket

from testing.loopback import LoopbackServer, join


class Latency(LoopbackServer):
    """In front of `behind` on loopback; `round_trip` in seconds. `connections` counts those accepted.

    What is on the way does not wait for what went before it: only time passes, as on a long wire.
    """

    def __init__(self, behind: int, round_trip: float) -> None:
        self.connections = 0
        self._behind = behind
        self._half = round_trip / 2
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        join(connection, self._behind, delay=self._half)
