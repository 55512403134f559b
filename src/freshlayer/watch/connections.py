"""Connections to the API: how many there are, and how long one may take to send the head of a request.

uvicorn has a limit for what it answers, and none for what sends nothing: silent connections are counted too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 256
MOST_OF_ADDRESS = 128
AT_ONCE = 64
"""Connections that are accepted before the limits are looked at."""

_MOST_SECONDS = 10.0


class Connection(H11Protocol):
    """A new one takes the place of the oldest one that waits, so that a flood keeps no other client out."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.since = self.loop.time()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Make room for it."""
        super().connection_made(transport)
        others: list[Connection] = [it for it in self.connections if isinstance(it, Connection)]
        alike = [it for it in others if it.address == self.address]
        for among, most in ((alike, MOST_OF_ADDRESS), (others, MOST)):
            if len(among) > most:
                min(among, key=lambda it: (not it.is_waiting, it.since)).end()
                break
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is to be ended any more."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Of a head that is not whole, or of a request."""
        super().data_received(data)
        if not self.is_waiting:
            self._unwatch()
        elif self._deadline is None:
            self._watch()

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def is_waiting(self) -> bool:
        """Whether it has no request that is to be answered."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # at first

    def end(self) -> None:
        """At once."""
        self.connections.discard(self)
        self.transport.abort()

    def _watch(self) -> None:
        self._deadline = self.loop.call_later(_MOST_SECONDS, self.end)

    def _unwatch(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
