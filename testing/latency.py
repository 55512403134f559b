"""A wire of a given length: a relay on loopback that holds back every octet for half a round trip.

One thread carries all connections, so that the relay is not what ten thousand requests wait for.
"""

from __future__ import annotations

import contextlib
import errno
import resource
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
_MOST_DESCRIPTORS = 65_536
"""Of this process: programs that close all they might have take long with more."""
_OTHERS = 4
"""One part in so many is for the rest of the process, and for what it starts."""


class Latency:
    """In front of `behind` on loopback; `round_trip` in seconds, and may change while nothing is on the way.

    `connections` counts those accepted. A new one carries nothing for its first round trip; from then on only
    time passes, as on a long wire: what is on the way does not wait for what went before it. `also`: further
    ports that are as far away; `ports` are those in front of all, in the same order, and `port` is the first.
    `refused`: the connections that are closed at once, by number; the first is 1. `most`: after so many
    connections nothing listens any more; 0: always. Those for which this process has no descriptors wait
    until there are some.
    """

    def __init__(
        self,
        behind: int,
        round_trip: float,
        *,
        also: Sequence[int] = (),
        refused: Sequence[int] = (),
        most: int = 0,
        then: int = 0,
    ) -> None:
        self.connections = 0
        self._refused = frozenset(refused)
        self._most = most
        self._then = then
        self.round_trip = round_trip
        self._selector = selectors.DefaultSelector()
        self._open: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        self._most_open = _descriptors() * (_OTHERS - 1) // _OTHERS
        self._paused: list[tuple[socket.socket, int]] = []
        self._resumed = 0.0
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
        self._resume(listener, behind)
        return int(listener.getsockname()[1])

    def _resume(self, listener: socket.socket, behind: int) -> None:
        self._selector.register(listener, selectors.EVENT_READ, partial(self._accept, listener, behind))

    def _pause(self, listener: socket.socket, behind: int) -> None:
        """Clients that connect meanwhile wait."""
        self._selector.unregister(listener)
        self._paused.append((listener, behind))
        self._resumed = time.monotonic() + _TICK

    def _relay(self) -> None:
        while not self._closing:
            if self._paused and time.monotonic() >= self._resumed:
                paused, self._paused = self._paused, []
                for listener, behind in paused:
                    self._resume(listener, behind)
            due = self._on_the_way[0][0] - time.monotonic() if self._on_the_way else _TICK
            for key, _ in self._selector.select(max(0.0, min(due, _TICK))):
                key.data()
            now = time.monotonic()
            while self._on_the_way and self._on_the_way[0][0] <= now:
                self._on_the_way.popleft()[1]()

    def _later(self, act: Callable[[], None]) -> None:
        self._on_the_way.append((time.monotonic() + self.round_trip / 2, act))

    def _accept(self, listener: socket.socket, behind: int) -> None:
        """The first packet travels to the server, for which there is a socket before the client has one."""
        if len(self._open) + 2 > self._most_open:
            self._pause(listener, behind)
            return
        server = None
        try:
            server = socket.socket()
            client, _ = listener.accept()
        except OSError:  # no descriptor, or the client has ended
            if server is not None:
                server.close()
            self._pause(listener, behind)
            return
        self.connections += 1
        if self.connections == self._most:
            self._end(listener)
        if self.connections in self._refused:
            client.close()
            server.close()
            return
        self._open |= {client, server}
        leads_to = self._then if self._then and self.connections > 1 else behind
        self._later(partial(self._connect, client, server, leads_to))

    def _connect(self, client: socket.socket, server: socket.socket, behind: int) -> None:
        """A server that has no room for a connection yet holds up no other."""
        server.setblocking(False)
        if server.connect_ex(("127.0.0.1", behind)) in {0, errno.EINPROGRESS}:
            act = partial(self._connected, client, server)
            self._selector.register(server, selectors.EVENT_WRITE, act)
        else:
            self._end(client)
            self._end(server)

    def _connected(self, client: socket.socket, server: socket.socket) -> None:
        """Its answer travels back before the client sends anything."""
        self._selector.unregister(server)
        if server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._end(client)
            self._end(server)
            return
        for end in (client, server):
            end.setblocking(True)
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


def _descriptors() -> int:
    """How many this process may have: as many as the system lets it take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)
