"""Listing what the state file holds, and forgetting some of it.

A pattern is a text in which ``*`` matches any characters; every other character matches itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from freshlayer.model.inventory import Inventory, RecordedDockerfile, RecordedReference
from freshlayer.state.records import Rows

_DOCKERFILES = """
SELECT dockerfile, max(at) AS at, sum(times) AS times FROM (
  SELECT dockerfile, at, 1 AS times FROM history
  UNION ALL SELECT dockerfile, at, 0 FROM build_event
  UNION ALL SELECT dockerfile, 0, 0 FROM built
  UNION ALL SELECT dockerfile, 0, 0 FROM given
  UNION ALL SELECT dockerfile, 0, 0 FROM tag
  UNION ALL SELECT dockerfile, 0, 0 FROM network
) WHERE dockerfile GLOB ? GROUP BY dockerfile"""
# Whatever has a history has been observed.
_REFERENCES = "SELECT reference, identity, asked FROM observation WHERE reference GLOB ?"
OF_DOCKERFILES = (
    "built",
    "history",
    "given",
    "tag",
    "network",
    "not_watched",
    "build_event",
    "standing",
    "outbox",
)
"""Tables with a row for each Dockerfile, by its column ``dockerfile``."""
OF_REFERENCES = ("observation", "observation_event", "taken_up", "script")
"""Tables with a row for each reference, by its column ``reference``."""


def read(rows: Rows, pattern: str, most: int) -> Inventory:
    """What matches, at most so many of each, in the order of names; the numbers are of all that matches."""
    glob = _glob(pattern)
    dockerfiles = rows(f"{_DOCKERFILES} ORDER BY dockerfile LIMIT ?", (glob, most))
    references = rows(f"{_REFERENCES} ORDER BY reference LIMIT ?", (glob, most))
    return Inventory(
        tuple(RecordedDockerfile(name, count, at) for name, at, count in dockerfiles),
        tuple(RecordedReference(*row) for row in references),
        _count(rows, f"SELECT count(*) AS times FROM ({_DOCKERFILES})", glob),  # noqa: S608 - constants of ours
        _count(rows, "SELECT count(*) AS times FROM observation WHERE reference GLOB ?", glob),
        _count(rows, "SELECT count(*) AS times FROM observation_event WHERE reference GLOB ?", glob)
        + _count(rows, "SELECT count(*) AS times FROM build_event WHERE dockerfile GLOB ?", glob),
    )


def forget(connection: sqlite3.Connection, dockerfiles: Iterable[str], references: Iterable[str]) -> None:
    """Remove every record of these, but for taints: without one a build could take a layer of other bytes."""
    names = [(name,) for name in dockerfiles]
    connection.executemany(
        "DELETE FROM taken_up WHERE build IN (SELECT number FROM build_event WHERE dockerfile = ?)", names
    )
    for table in OF_DOCKERFILES:
        connection.executemany(f"DELETE FROM {table} WHERE dockerfile = ?", names)  # noqa: S608 - constants of ours
    texts = [(text,) for text in references]
    for table in OF_REFERENCES:
        connection.executemany(f"DELETE FROM {table} WHERE reference = ?", texts)  # noqa: S608 - constants of ours
    connection.execute(
        "UPDATE history_size SET bytes = (SELECT coalesce(sum(bytes), 0) FROM observation_event)"
        " + (SELECT coalesce(sum(bytes), 0) FROM build_event)"
    )


def _count(rows: Rows, sql: str, *values: str) -> int:
    found = rows(sql, values)
    return int(found[0][0]) if found else 0


def _glob(pattern: str) -> str:
    """As SQLite's GLOB reads it, where ``?`` and ``[`` have a meaning too."""
    return re.sub(r"[\[?]", r"[\g<0>]", pattern)
