"""What the service records: the standing of each Dockerfile, and the outbox of its triggers.

A message is in the outbox in the same transaction as the standing that notes it, so that a process that is
killed loses none and makes none twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from freshlayer.model.watched import Message, Standing
from freshlayer.state.opening import StateFile

_KEPT = 10_000
"""Delivered messages that are kept: their keys are not used again."""


class WatchRecords:
    """In the state file. Each ``record_…`` method is one transaction. Not shared between threads.

    ``warn`` is called with the reason where the file can't be used, once.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path, self._warn = path, warn
        self._file = StateFile(path, warn)

    def close(self) -> None:
        """End the connection; the records can be used again, and a file that could not be is tried again."""
        self._file.close()
        self._file = StateFile(self._path, self._warn)

    def standings(self) -> dict[str, Standing]:
        """By Dockerfile."""
        rows = self._file.read("SELECT dockerfile, standing FROM standing", ())
        return {name: msgspec.json.decode(text, type=Standing) for name, text in rows}

    def record(self, standings: Iterable[Standing], messages: Sequence[Message], *, at: int) -> bool:
        """Whether the standings, and with them what their triggers are to deliver, were recorded."""
        done: list[bool] = []

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO standing VALUES (?, ?)",
                [(it.dockerfile, msgspec.json.encode(it).decode()) for it in standings],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO outbox (key, trigger, dockerfile, body, at, times, due, delivered)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, 0)",
                [(it.key, it.trigger, it.dockerfile, it.body, at, at) for it in messages],
            )
            done.append(True)

        self._file.write(work)
        return bool(done)

    def undelivered(self) -> frozenset[str]:
        """The Dockerfiles with a message that is not delivered."""
        rows = self._file.read("SELECT DISTINCT dockerfile FROM outbox WHERE delivered = 0", ())
        return frozenset(name for (name,) in rows)

    def due(self, now: int, latest: int, most: int) -> list[Message]:
        """Messages to deliver now, the oldest first. One that is due after ``latest`` is due now.

        So a clock that was set back delays no message for long.
        """
        rows = self._file.read(
            "SELECT trigger, key, dockerfile, body, times FROM outbox"
            " WHERE delivered = 0 AND (due <= ? OR due > ?) ORDER BY number LIMIT ?",
            (now, latest, most),
        )
        return [Message(*row) for row in rows]

    def next_due(self) -> int | None:
        """When the next message is due; None where none waits."""
        rows = self._file.read("SELECT due FROM outbox WHERE delivered = 0 ORDER BY due LIMIT 1", ())
        return int(rows[0][0]) if rows else None

    def record_delivered(self, key: str) -> None:
        """Never deliver it again; the oldest of those that were delivered are removed."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE outbox SET delivered = 1 WHERE key = ?", (key,))
            connection.execute(
                "DELETE FROM outbox WHERE delivered = 1 AND number <= (SELECT max(number) FROM outbox) - ?",
                (_KEPT,),
            )

        self._file.write(work)

    def record_failure(self, key: str, due: int) -> None:
        """Try again at ``due``."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE outbox SET times = times + 1, due = ? WHERE key = ?", (due, key))

        self._file.write(work)
