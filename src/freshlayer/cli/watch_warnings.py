"""The warnings of a service that runs for months: what comes again in each round is printed now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from freshlayer.report.terminal import warn

_AGAIN = 600.0
_SETTLES = 10.0
"""Seconds after an outage within which other threads find out about it."""


class ServiceWarnings:
    """Prints a warning that comes again once in ten minutes. Thread-safe.

    ``server``: how messages name the database server; empty where the state is a file. Each thread has its
    own connection: an outage is printed once, whatever each of them found, and so is its end.
    """

    def __init__(
        self,
        server: str,
        printer: Callable[[str], None] = warn,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server, self._print, self._monotonic = server, printer, monotonic
        self._lock = threading.Lock()
        self._printed: dict[str, float] = {}
        self._away: float | None = None
        self._back = -_SETTLES

    def __call__(self, message: str) -> None:
        """Print it, if it is time."""
        now = self._monotonic()
        with self._lock:
            if self._is_due(message, now):
                self._print(message)

    def _is_due(self, message: str, now: float) -> bool:
        if self._is_outage(message):
            if now - self._back < _SETTLES or (self._away is not None and now - self._away < _AGAIN):
                return False
            self._away = now
            return True
        self._printed = {it: at for it, at in self._printed.items() if now - at < _AGAIN}
        is_due = message not in self._printed
        self._printed.setdefault(message, now)
        return is_due

    def _is_outage(self, message: str) -> bool:
        return bool(self._server) and message.startswith(f"{self._server}: ") and message.endswith("--state)")

    def usable(self) -> None:
        """The state could be used: that ends an outage."""
        with self._lock:
            if self._away is not None:
                self._away, self._back = None, self._monotonic()
                self._print(f"{self._server}: the state can be used again")
