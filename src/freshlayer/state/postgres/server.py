"""A database server: it is connected to, read and written here.

It is shared, so that what it returns is input like any other: the rows of a query are bounded and checked,
and one that freshlayer does not write is left out. It is on a network, so that a connection may be lost at
any time: what was done is done again on a new one, for a few seconds.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper, TextLoader

from freshlayer.errors import OptionError, StateError
from freshlayer.masking import without_values
from freshlayer.reference import shown
from freshlayer.state.columns import DamagedError, Row, checked
from freshlayer.state.database import Connection, Cursor
from freshlayer.state.postgres.address import fault_of, shown_address
from freshlayer.state.postgres.schema import LOCK, NAME, bring_up

_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each further attempt."""

_LONGEST = 4.0
"""Seconds after which there is no further attempt: one at an address that does not answer takes long."""

_USUAL = {
    "application_name": "freshlayer",
    "connect_timeout": 3,
    # A peer that is gone without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Parameters of libpq that the URL may name otherwise."""

_SETTINGS = (
    f"SET search_path = {NAME}, pg_temp; SET statement_timeout = '60s'; SET lock_timeout = '30s';"
    " SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = error;"
    " SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
_SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(it.oid)), 0)::bigint AS bytes FROM pg_class AS it"
    " JOIN pg_namespace AS place ON place.oid = it.relnamespace WHERE place.nspname = ? AND it.relkind = 'r'"
)
_PASSING = frozenset({"40001", "40P01", "53300", "57P01", "57P02", "57P03"})
"""SQLSTATEs after which the same may succeed: serialization failure, deadlock, too many connections, a server
that ends or starts (postgresql.org/docs/current/errcodes-appendix.html)."""

_READ_ONLY = frozenset({"42501", "25006"})
"""Insufficient privilege, read-only transaction: of a role, or a standby, that is there to be read."""

_NUL = "\U0010ffff"
"""In place of NUL, which no text of PostgreSQL holds: what Unicode will never assign."""

_MOST_ROWS = 2_000_000
_MOST_BYTES = 256 * 1024 * 1024


class PostgresDatabase:
    """One server. ``warn`` is called with the reason where it can't be used, once.

    ``releases``: the connection ends after each transaction that writes. A builder runs for minutes after
    one, and a server has about a hundred connections for all runners.
    """

    def __init__(self, url: str, warn: Callable[[str], None], *, releases: bool = False) -> None:
        """Raises OptionError where libpq does not understand the URL. Its message could quote a password."""
        self._shown = shown_address(url)
        self._warn = warn
        self._usable = self._is_writable = True
        self._url, self._releases = url, releases
        self._connection: psycopg.Connection[Any] | None = None
        self._has_left_out = False
        try:
            named = conninfo_to_dict(url)
        except psycopg.Error as error:
            raise OptionError(f"--state {self._shown}: {fault_of(url, str(error))}") from None
        self._parameters: dict[str, Any] = {it: value for it, value in _USUAL.items() if it not in named}
        self._secrets = [f"{value}" for it, value in named.items() if "password" in it]

    @property
    def is_usable(self) -> bool:
        """False once reading or writing failed: then nothing that was read since counts."""
        return self._usable

    @property
    def size(self) -> int:
        """Bytes of the tables, with their indexes."""
        found = self.read(_SIZE, (NAME,))
        return int(found[0][0]) if found else 0

    @property
    def own_tables(self) -> Sequence[str]:
        """What several processes that watch share."""
        return ("turn",)

    @property
    def glob(self) -> str:
        """The operator that compares a column with a pattern."""
        return "LIKE ? ESCAPE '!'"

    def pattern(self, text: str) -> str:
        """Of LIKE, where ``%`` and ``_`` have a meaning."""
        return "".join(f"!{it}" if it in "!%_" else it for it in text).replace("*", "%")

    def close(self) -> None:
        """End the connection; the database can be used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def compact(self) -> None:
        """Nothing: the server does that by itself (autovacuum)."""

    def read(self, sql: str, values: Sequence[object], first: frozenset[object] | None = None) -> list[Row]:
        """The rows of a query, without those that hold what freshlayer does not write."""
        rows: list[Row] = []

        def query(connection: psycopg.Connection[Any]) -> None:
            with connection.cursor() as cursor:
                found = list(_bounded(cursor.stream(_marked(sql), tuple(values))))
                names = [column.name for column in cursor.description or ()]
            rows[:] = self._fitting(names, found, first)

        self._with_connection(query, "nothing is remembered")
        return rows if self._usable else []

    def write(self, work: Callable[[Connection], None]) -> None:
        """Do some work in one transaction, while no other process writes. It may be done twice."""

        def transaction(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction():
                connection.execute(LOCK)
                work(_Transaction(connection))

        if self._is_writable:
            self._with_connection(transaction, "nothing was recorded", writes=True)
            if self._releases:
                self.close()

    def _fitting(
        self, names: Sequence[str], rows: Sequence[Row], first: frozenset[object] | None
    ) -> list[Row]:
        with contextlib.suppress(DamagedError):
            if first is None or all(row[0] in first for row in rows):
                return checked(names, rows)
        fit = [row for row in rows if _fits(names, row) and (first is None or row[0] in first)]
        if not self._has_left_out:
            self._has_left_out = True
            self._warn(f"{self._shown}: holds rows that freshlayer does not write; they are left out")
        return fit

    def _with_connection(
        self, act: Callable[[psycopg.Connection[Any]], None], consequence: str, *, writes: bool = False
    ) -> None:
        if not self._usable:
            return
        try:
            self._act(act)
        except (psycopg.Error, OSError, StateError, UnicodeError) as error:
            is_refused = isinstance(error, psycopg.Error) and error.sqlstate in _READ_ONLY
            # What may be read is read.
            self._usable = writes and is_refused
            self._is_writable = False
            self.close()
            self._warn(self.failure(error, consequence))

    def failure(self, error: Exception, consequence: str) -> str:
        """A message, without anything that is secret."""
        cure = "see that the server is there, or pass another --state"
        if 'database "' in str(error) and "does not exist" in str(error):
            cure = "create it, or name another database in --state"
        return f"{self._shown}: {self._clause(error)}; {consequence} ({cure})"

    def _clause(self, error: Exception) -> str:
        """One line. The server's words are not ours: without what a terminal would act on."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return shown(without_values(lines[0] if lines else type(error).__name__, self._secrets), 300)

    def _act(self, act: Callable[[psycopg.Connection[Any]], None]) -> None:
        """Act, again and again while the server starts, or refuses for now."""
        waits, latest = iter(_WAITS), time.monotonic() + _LONGEST
        while True:
            try:
                return act(self.connected())
            except psycopg.Error as error:
                is_lost = self._connection is None or self._connection.closed
                if is_lost:
                    self.close()
                # A failure to connect has no SQLSTATE.
                passes = error.sqlstate in _PASSING or (is_lost and error.sqlstate is None)
                wait = next(waits, None) if passes else None
                if wait is None or time.monotonic() > latest:
                    raise
                # Not all of those that wait at the same moment.
                time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - no secret

    def connected(self) -> psycopg.Connection[Any]:
        """The connection, opened where there is none. Raises psycopg.Error, StateError."""
        if self._connection is None:
            connection = psycopg.connect(
                self._url, autocommit=True, prepare_threshold=None, **self._parameters
            )
            try:
                connection.adapters.register_dumper(str, _Dumper)
                connection.adapters.register_loader("text", _Loader)
                connection.execute(_SETTINGS)
                bring_up(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


class _Dumper(StrDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", _NUL))


class _Loader(TextLoader):
    def load(self, data: Any) -> str:
        return str(super().load(data)).replace(_NUL, "\0")


class _Transaction:
    """A connection as queries see it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Cursor:
        return self._connection.execute(_marked(sql), tuple(values))

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> Cursor:
        cursor = self._connection.cursor()
        cursor.executemany(_marked(sql), rows)
        return cursor


def _marked(sql: str) -> str:
    """With psycopg's marks for values. No query of ours has another question mark, or a percent sign."""
    return sql.replace("?", "%s")


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    """Raises DamagedError where a query returns more than any state holds."""
    size = 0
    for number, row in enumerate(rows):
        size += sum(len(it) for it in row if isinstance(it, str | bytes))
        if number >= _MOST_ROWS or size > _MOST_BYTES:
            raise DamagedError("a query returned more than a state holds")
        yield row


def _fits(names: Sequence[str], row: Row) -> bool:
    try:
        return bool(checked(names, [row]))
    except DamagedError:
        return False
