"""A limit of how often something may happen. Thread-safe."""

from __future__ import annotations

import threading
import time


class Rate:
    """At most so many in a minute, of which many may come at once."""

    def __init__(self, most: int) -> None:
        self._most = self._left = float(most)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    @property
    def has_left(self) -> bool:
        """Whether the next one is allowed."""
        with self._lock:
            return self._left + (time.monotonic() - self._at) * self._most / 60 >= 1

    def allows(self) -> bool:
        """Count one."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
