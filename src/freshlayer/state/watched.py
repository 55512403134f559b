"""What the service records: the standing of each Dockerfile, and the outbox of its triggers.

A message is in the outbox in the same transaction as the standing that notes it, so that a process that is
killed loses none and makes none twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from freshlayer.files.path_text import path_of, text_of
from freshlayer.model.watched import SLOTS, Counts, Message, Standing
from freshlayer.state.columns import DamagedError, checked
from freshlayer.state.places import Place, database_at
from freshlayer.state.records import put

if TYPE_CHECKING:
    from freshlayer.state.database import Connection

_COUNTS = ("slot", "stale", "unknown", "never")
_KEPT = 10_000
"""Delivered messages that are kept: their keys are not used again."""


class WatchRecords:
    """In the state. Each ``record_…`` method is one transaction. Not shared between threads.

    ``warn`` is called with the reason where the state can't be used, once.
    """

    def __init__(self, place: Place, warn: Callable[[str], None]) -> None:
        self._place, self._warn = place, warn
        self._database = database_at(place, warn)

    def close(self) -> None:
        """End the connection; the records can be used again, and a state that could not be is tried again."""
        self._database.close()
        self._database = database_at(self._place, self._warn)

    def standings(self) -> dict[str, Standing] | None:
        """By Dockerfile; None where they can't be read now."""
        rows = self._database.read("SELECT dockerfile, standing FROM standing", ())
        if not self._database.is_usable:
            return None
        found = (_read(text) for _, text in rows)
        return {it.dockerfile: it for it in found}

    def record(
        self,
        standings: Collection[Standing],
        messages: Sequence[Message],
        *,
        at: int,
        known: Mapping[str, Standing] | None = None,
    ) -> bool:
        """Whether the standings, and with them what their triggers are to deliver, were recorded.

        Nothing is where a key is in the outbox already, or a standing is another than ``known`` has:
        another process recorded since these were read.
        """
        done: list[bool] = []

        def work(connection: Connection) -> None:
            keys = [message.key for message in messages]
            if any(connection.execute("SELECT 1 FROM outbox WHERE key = ?", (it,)).fetchone() for it in keys):
                return
            if known is not None and any(_moved(connection, it.dockerfile, known) for it in standings):
                return
            rows = [(text_of(it.dockerfile), _written(it)) for it in standings]
            put(connection, "standing", ("dockerfile",), ("standing",), rows)
            connection.executemany(
                "INSERT INTO outbox (key, trigger, dockerfile, body, at, times, due, delivered)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, 0)",
                [(it.key, it.trigger, text_of(it.dockerfile), it.body, at, at) for it in messages],
            )
            done.append(True)

        self._database.write(work)
        # What was done counts once the transaction ended.
        return bool(done) and self._database.is_usable

    def counts(self) -> list[Counts]:
        """Of the images, the oldest slot first."""
        sql = f"SELECT {', '.join(_COUNTS)} FROM watch_count ORDER BY slot"  # noqa: S608 - names of ours
        rows = self._database.read(sql, ())
        return [Counts(*row) for row in rows]

    def record_counts(self, counts: Counts) -> bool:
        """In place of those of its slot; whether that was recorded. The oldest ones are removed.

        What a process counted meanwhile in the same slot counts too.
        """
        done: list[bool] = []

        def work(connection: Connection) -> None:
            sql = f"SELECT {', '.join(_COUNTS)} FROM watch_count WHERE slot = ?"  # noqa: S608 - names of ours
            found = checked(_COUNTS, connection.execute(sql, (counts.slot,)).fetchall())
            worst = counts.worst(Counts(*found[0])) if found else counts
            row = (worst.slot, worst.stale, worst.unknown, worst.never)
            put(connection, "watch_count", _COUNTS[:1], _COUNTS[1:], [row])
            connection.execute("DELETE FROM watch_count WHERE slot <= ?", (counts.slot - SLOTS,))
            done.append(True)

        self._database.write(work)
        return bool(done) and self._database.is_usable

    def undelivered(self) -> frozenset[str] | None:
        """The Dockerfiles with a message that is not delivered; None where that can't be read now."""
        rows = self._database.read("SELECT DISTINCT dockerfile FROM outbox WHERE delivered = 0", ())
        return frozenset(path_of(name) for (name,) in rows) if self._database.is_usable else None

    def tries(self) -> list[tuple[str, str, int]]:
        """Dockerfile, trigger, and how often a message was tried: of those that are not delivered."""
        sql = (
            "SELECT dockerfile, trigger, max(times) AS times FROM outbox WHERE delivered = 0"
            " GROUP BY dockerfile, trigger ORDER BY dockerfile, trigger"
        )
        rows = self._database.read(sql, ())
        return [(path_of(name), trigger, int(times)) for name, trigger, times in rows]

    def waiting(self) -> dict[str, int]:
        """Trigger → its messages that are not delivered."""
        sql = "SELECT trigger, count(*) AS times FROM outbox WHERE delivered = 0 GROUP BY trigger"
        return {name: int(count) for name, count in self._database.read(sql, ())}

    def due(self, triggers: Collection[str], now: int, latest: int, most: int) -> list[Message]:
        """Messages of these triggers to deliver now that no process has claimed, by when they were due.

        One that is due after ``latest`` is due now, so that a clock that was set back delays none for long.
        """
        if not triggers:
            return []
        rows = self._database.read(
            "SELECT trigger, key, dockerfile, body, times FROM outbox WHERE delivered = 0"  # noqa: S608 - marks
            " AND (due <= ? OR due > ?) AND (claimed_until <= ? OR claimed_until > ?)"
            f" AND trigger IN ({_marks(triggers)}) ORDER BY due, number LIMIT ?",
            (now, latest, now, latest, *triggers, most),
        )
        return [Message(trigger, key, path_of(name), *rest) for trigger, key, name, *rest in rows]

    def next_due(self, triggers: Collection[str]) -> int | None:
        """When the next message of these triggers is due; None where none waits."""
        if not triggers:
            return None
        rows = self._database.read(
            "SELECT CASE WHEN due > claimed_until THEN due ELSE claimed_until END AS due FROM outbox"  # noqa: S608 - marks
            f" WHERE delivered = 0 AND trigger IN ({_marks(triggers)}) ORDER BY 1 LIMIT 1",
            (*triggers,),
        )
        return int(rows[0][0]) if rows else None

    def remove_untried(self, trigger: str, before: int) -> int:
        """Remove the messages of a trigger that were due before then; how many. Each attempt moves that."""
        removed: list[int] = []

        def work(connection: Connection) -> None:
            sql = "DELETE FROM outbox WHERE delivered = 0 AND trigger = ? AND due < ?"
            removed.append(connection.execute(sql, (trigger, before)).rowcount)

        self._database.write(work)
        return removed[-1] if removed and self._database.is_usable else 0

    def claim(self, key: str, now: int, until: int) -> bool:
        """Claim a message for this process; False where another one has it, or delivered it.

        A claim that ends after ``until`` was made by a clock that was set back since, and does not count.
        """
        return self._changed(
            "UPDATE outbox SET claimed_until = ? WHERE key = ? AND delivered = 0"
            " AND (claimed_until <= ? OR claimed_until > ?)",
            (until, key, now, until),
        )

    def extend_claim(self, key: str, until: int) -> bool:
        """Keep a message that this process has claimed; whether that was recorded."""
        return self._changed("UPDATE outbox SET claimed_until = ? WHERE key = ?", (until, key))

    def record_delivered(self, key: str) -> bool:
        """Never deliver it again; whether that was recorded. Its key is kept; the oldest ones are removed."""
        done = self._changed(
            "UPDATE outbox SET delivered = 1, claimed_until = 0, body = '' WHERE key = ?", (key,)
        )
        self._changed(
            "DELETE FROM outbox WHERE delivered = 1 AND number <= (SELECT max(number) FROM outbox) - ?",
            (_KEPT,),
        )
        return done

    def record_failure(self, key: str, due: int) -> bool:
        """Try again at ``due``, in any process; whether that was recorded."""
        return self._changed(
            "UPDATE outbox SET times = times + 1, due = ?, claimed_until = 0 WHERE key = ?", (due, key)
        )

    def _changed(self, sql: str, values: Sequence[object]) -> bool:
        """Whether a statement changed a row."""
        counts: list[int] = []
        self._database.write(lambda connection: counts.append(connection.execute(sql, values).rowcount))
        return bool(counts) and counts[-1] > 0 and self._database.is_usable


def _moved(connection: Connection, name: str, known: Mapping[str, Standing]) -> bool:
    """Whether another process recorded a Dockerfile. The count is of each process's own."""
    sql = "SELECT standing FROM standing WHERE dockerfile = ?"
    row = connection.execute(sql, (text_of(name),)).fetchone()
    ours = known.get(name, Standing(name))
    try:
        # A damaged one was not read either: it is as none, and is replaced.
        recorded = _read(checked(("standing",), [row])[0][0]) if row is not None else Standing(name)
    except DamagedError:
        recorded = Standing(name)
    return replace(recorded, count=0) != replace(ours, count=0)


def _read(text: str) -> Standing:
    found = msgspec.json.decode(text, type=Standing)
    return replace(found, dockerfile=path_of(found.dockerfile))


def _written(standing: Standing) -> str:
    return msgspec.json.encode(replace(standing, dockerfile=text_of(standing.dockerfile))).decode()


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
