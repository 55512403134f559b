"""A wire of a given length: a relay on loopback that holds back every octet for half a round trip.

One thread carries all connections, so that the relay is not what ten thousand requests wait for.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Self

_PIECE = 256 * 1024
_TICK = 0.05
_WAITING = 128


class Latency:
    """In front of `behind` on loopback; `round_trip` in seconds, and may change while nothing is on the way.

    `connections` counts those accepted. A new one carries nothing for its first round trip; from then on only
    time passes, as on a long wire: what is on the way does not wait for what went before it. `also`: further
    ports that are as far away; `ports` are those in front of all, in the same order, and `port` is the first.
    `refused`: the connections that are closed at once, by number; the first is 1. `most`: after so many
    connections nothing listens any more; 0: always.
    """

    def __init__(
        self,
        behind: int,
        round_trip: float,
        *,
        also: Sequence[int] = (),
        refused: Sequence[int] = (),
        most: int = 0,
    ) -> None:
        self.connections = 0
        self._refused = frozenset(refused)
        self._most = most
        self.round_trip = round_trip
        self._selector = selectors.DefaultSelector()
        self._open: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        # One delay for all: what came first is due first.
        self._on_the_way: deque[tuple[float, Callable[[], None]]] = deque()
        self.ports = [self._listen(port) for port in (behind, *also)]
        self.port = self.ports[0]
        self._closing = False
        self._thread = threading.Thread(target=self._relay)
        self._thread.start()

    def _listen(self, behind: int) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=_WAITING)
        self._open.add(listener)
        self._selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener, behind))
        return int(listener.getsockname()[1])

    def _relay(self) -> None:
        while not self._closing:
            due = self._on_the_way[0][0] - time.monotonic() if self._on_the_way else _TICK
            for key, _ in self._selector.select(max(0.0, min(due, _TICK))):
                key.data()
            now = time.monotonic()
            while self._on_the_way and self._on_the_way[0][0] <= now:
                self._on_the_way.popleft()[1]()

    def _later(self, act: Callable[[], None]) -> None:
        self._on_the_way.append((time.monotonic() + self.round_trip / 2, act))

    def _accept(self, listener: socket.socket, behind: int) -> None:
        """The first packet travels to the server."""
        client, _ = listener.accept()
        self.connections += 1
        if self.connections == self._most:
            self._end(listener)
        if self.connections in self._refused:
            client.close()
            return
        self._open.add(client)
        self._later(partial(self._connect, client, behind))

    def _connect(self, client: socket.socket, behind: int) -> None:
        """Its answer travels back before the client sends anything."""
        try:
            server = socket.create_connection(("127.0.0.1", behind))
        except OSError:
            self._end(client)
            return
        self._open.add(server)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._hear(server, client)
        self._later(partial(self._hear, client, server))

    def _hear(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(ValueError):  # closed meanwhile
            self._selector.register(source, selectors.EVENT_READ, partial(self._carry, source, target))

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """Take what one end sends, which may be its end."""
        try:
            said = source.recv(_PIECE)
        except OSError:
            said = b""
        if not said:
            self._selector.unregister(source)
        self._later(partial(self._deliver, source, target, said))

    def _deliver(self, source: socket.socket, target: socket.socket, said: bytes) -> None:
        """An end that has sent all may still receive: what is on its way to it must not be lost."""
        try:
            target.sendall(said) if said else target.shutdown(socket.SHUT_WR)
        except OSError:
            self._silent |= {source, target}
        if not said:
            self._silent.add(source)
        if {source, target} <= self._silent:
            self._end(source)
            self._end(target)

    def _end(self, end: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):  # not watched any more, or closed already
            self._selector.unregister(end)
        self._open.discard(end)
        self._silent.discard(end)
        end.close()

    def close(self) -> None:
        self._closing = True
        self._thread.join()
        for end in list(self._open):
            self._end(end)
        self._selector.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
