"""What arrives from outside between two rounds: webhooks and reports of builds. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping

from freshlayer.watch.moved import Moved, clone_urls

_MOST = 10_000


class Arrivals:
    """``wake``: ends the sleep between two rounds."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._moved: set[Moved] = set()
        self._built: set[str] = set()
        self.watched: Mapping[str, str] = {}
        """Name of a Dockerfile → its name in the state. Replaced by each round, never changed."""

        self.pushed: Callable[[str], object] = lambda _: None
        """Gets every URL by which a repository that was pushed may be cloned."""

    def move(self, found: Iterable[Moved]) -> bool:
        """Whether it was noted: there is a limit until the next round."""
        noted = set(found)
        with self._lock:
            more = self._moved | noted
            if len(more) > _MOST:
                return False
            self._moved = more
        for url in {url for moved in noted for url in clone_urls(moved)}:
            self.pushed(url)
        self._wake()
        return True

    def built(self, names: Iterable[str]) -> None:
        """These Dockerfiles have a new recorded build."""
        with self._lock:
            self._built.update(names)
        self._wake()

    def take(self) -> tuple[Collection[Moved], set[str]]:
        """What changed and what was built, since the last call."""
        with self._lock:
            taken = self._moved, self._built
            self._moved, self._built = set(), set()
        return taken
