"""The member of StateStore that is a file: SQLite, so that concurrent builds on one machine are normal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from freshlayer.state.events import Keep
from freshlayer.state.opening import StateFile
from freshlayer.state.store import DatabaseStore

_KEEP = Keep()


class SqliteStore(DatabaseStore):
    """One state file. ``warn`` is called with the reason where it can't be used, once."""

    def __init__(self, path: Path, warn: Callable[[str], None], keep: Keep = _KEEP) -> None:
        super().__init__(StateFile(path, warn), keep)
