"""What keeps the tables of the state: a member of Database. The queries are the same for every member.

A query has ``?`` for each value. Only what every member's SQL has is used: ``ON CONFLICT``, no function but
``count``, ``sum``, ``max`` of a column, ``coalesce`` and ``length``. What differs is in ``glob``, ``pattern``
and ``own_tables``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from freshlayer.state.columns import Row


class Cursor(Protocol):
    """``rowcount``: how many rows a statement changed, by all of its executions together."""

    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """Inside a transaction."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Cursor: ...

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> Cursor: ...


class Database(Protocol):
    """Reading gives nothing, and writing does nothing, where it can't be used: a warning states why, once."""

    @property
    def is_usable(self) -> bool:
        """False once reading or writing failed: then nothing that was read since counts."""

    @property
    def size(self) -> int:
        """Bytes, on disk."""

    @property
    def glob(self) -> str:
        """The operator that compares a column with a pattern, with its ``?``."""

    def pattern(self, text: str) -> str:
        """A text in which ``*`` matches any characters, as that operator reads it."""

    @property
    def own_tables(self) -> Sequence[str]:
        """Tables that this member alone has, each with a column ``reference``."""

    def read(self, sql: str, values: Sequence[object], first: frozenset[object] | None = None) -> list[Row]:
        """The rows of a query, each value checked by the name of its column.

        ``first``: what the first column may be, where the query selects rows by it.
        """

    def write(self, work: Callable[[Connection], None]) -> None:
        """Do some work in one transaction: all of it or none, and no other writer meanwhile.

        It may be done twice, where the first time did not count.
        """

    def compact(self) -> None:
        """Give the space of removed rows back, where that is ours to do."""

    def close(self) -> None:
        """End the connection; the database can be used again."""
