"""The turns of the processes that watch, in one database. All times are the server's.

The transaction that takes turns is the only one that writes then, so that no two processes take the same.
A message queue on PostgreSQL (procrastinate) would do the same with more: it knows jobs, and a reference is
due again and again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import psycopg

from freshlayer.model.turns import Taken, Turn
from freshlayer.state.postgres.judging import Judging
from freshlayer.state.postgres.server import PostgresDatabase
from freshlayer.state.records import put

if TYPE_CHECKING:
    from freshlayer.state.database import Connection

_NOW = "SELECT cast(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
_EVENTS = (("observation_event", "reference"), ("build_event", "dockerfile"))
"""Table and column of what is noted when an identity changed, and when a build ended."""

_OLD_TURNS = (
    "DELETE FROM turn WHERE due < (extract(epoch FROM clock_timestamp() - interval '30 days') * 1000)"
)
"""Of what no process watches any more."""

_COLUMNS = ("due", "errors", "rest")
_MOST_EVENTS = 10_000
_AT_ONCE = 500
"""References; a statement has at most 65,535 parameters."""


class PostgresTurns:
    """``longest``: seconds that a reference waits at most. ``warn`` gets why the server can't be used.

    ``serves``: whether this process has an API. Not shared between threads.
    """

    def __init__(
        self, url: str, longest: float, warn: Callable[[str], None], *, serves: bool = False
    ) -> None:
        self._url, self._longest, self._warn = url, longest, warn
        self._database = PostgresDatabase(url, warn)
        self._judging = Judging(url, warn, serves=serves)
        self._judges = False
        self._seen: dict[str, int] = {}

    def close(self) -> None:
        """End the connections, and with them the turn to judge."""
        self._renew()
        self._judging.close()
        self._judges = False

    def judges(self) -> bool:
        """Whether this process is the one that judges. The turn is kept as long as the connection is.

        One without an API leaves it to one that has one.
        """
        before, self._judges = self._judges, self._judging()
        if self._judges and not before:
            self._database.write(_remove_old)
            self._renewed()
        return self._judges

    def changed(self) -> tuple[frozenset[str], frozenset[str]]:
        """References and Dockerfiles of new events. At first there are none: then everything is judged."""
        found = [self._new_events(table, column) for table, column in _EVENTS]
        self._renewed()
        return found[0], found[1]

    def _new_events(self, table: str, column: str) -> frozenset[str]:
        """Where they can't be read, they are read the next time."""
        read, seen = self._database.read, self._seen.get(table)
        if seen is None:
            rows = read(f"SELECT coalesce(max(number), 0) AS number FROM {table}", ())  # noqa: S608 - constants
            if rows:
                self._seen[table] = int(rows[0][0])
            return frozenset()
        sql = f"SELECT {column}, number FROM {table} WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608 - constants
        rows = read(sql, (seen, _MOST_EVENTS))
        self._seen[table] = max([seen, *(number for _, number in rows)])
        return frozenset(name for name, _ in rows)

    def take(self, waits: Mapping[str, float]) -> Taken | None:
        """Those that are due, until half of their interval is over."""
        mine: dict[str, int] = {}
        others: dict[str, float] = {}

        def work(connection: Connection) -> None:
            mine.clear()
            others.clear()
            (now,) = connection.execute(_NOW).fetchone()
            known = _known(connection, waits)
            for reference, wait in waits.items():
                due, errors = known.get(reference, (0, 0))
                # One that is later than any was noted before the server's clock was set back.
                if now < due <= now + 1000 * max(self._longest, wait):
                    others[reference] = (due - now) / 1000
                else:
                    mine[reference] = errors
            rows = [(it, now + int(500 * waits[it]), errors, 0) for it, errors in mine.items()]
            put(connection, "turn", ("reference",), _COLUMNS, rows)

        self._database.write(work)
        return Taken(mine, others) if self._renewed() else None

    def finish(self, turns: Mapping[str, Turn]) -> None:
        """When each is due again."""

        def work(connection: Connection) -> None:
            (now,) = connection.execute(_NOW).fetchone()
            rows = [
                (it, now + int(1000 * turn.wait), turn.errors, now + int(1000 * turn.rest))
                for it, turn in turns.items()
            ]
            put(connection, "turn", ("reference",), _COLUMNS, rows)

        if turns:
            self._database.write(work)
            self._renewed()

    def hurry(self, references: Collection[str]) -> None:
        """They are due now, or at the end of the rest that their origin wants."""

        def work(connection: Connection) -> None:
            (now,) = connection.execute(_NOW).fetchone()
            for some, marks in _portions(references):
                sql = f"UPDATE turn SET due = least(due, greatest(rest, ?)) WHERE reference IN ({marks})"  # noqa: S608 - marks
                connection.execute(sql, (now, *some))

        if references:
            self._database.write(work)
            self._renewed()

    def _renewed(self) -> bool:
        """Whether the server could be used; where not, it is tried again at the next call."""
        if self._database.is_usable:
            return True
        self._renew()
        return False

    def _renew(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self._database.close()
        self._database = PostgresDatabase(self._url, self._warn)


def _remove_old(connection: Connection) -> None:
    connection.execute(_OLD_TURNS)


def _known(connection: Connection, references: Collection[str]) -> dict[str, tuple[int, int]]:
    known: dict[str, tuple[int, int]] = {}
    for some, marks in _portions(references):
        sql = f"SELECT reference, due, errors FROM turn WHERE reference IN ({marks})"  # noqa: S608 - marks
        rows = connection.execute(sql, some).fetchall()
        known |= {reference: (due, errors) for reference, due, errors in rows}
    return known


def _portions(references: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """So many that a statement can have, and their marks."""
    rest = list(references)
    for start in range(0, len(rest), _AT_ONCE):
        some = rest[start : start + _AT_ONCE]
        yield some, ", ".join("?" * len(some))
