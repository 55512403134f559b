"""Listing what the state holds, and forgetting some of it.

A pattern is a text in which ``*`` matches any characters; every other character matches itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from freshlayer.model.inventory import Inventory, RecordedDockerfile, RecordedReference

if TYPE_CHECKING:
    from freshlayer.state.database import Connection, Database

_DOCKERFILES = """
SELECT dockerfile, max(at) AS at, sum(times) AS times FROM (
  SELECT dockerfile, at, 1 AS times FROM history
  UNION ALL SELECT dockerfile, at, 0 FROM build_event
  UNION ALL SELECT dockerfile, 0, 0 FROM built
  UNION ALL SELECT dockerfile, 0, 0 FROM given
  UNION ALL SELECT dockerfile, 0, 0 FROM tag
  UNION ALL SELECT dockerfile, 0, 0 FROM network
) AS found"""
# Whatever has a history has been observed.
_REFERENCES = "SELECT reference, identity, asked FROM observation"
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


def read(database: Database, pattern: str, most: int) -> Inventory:
    """What matches, at most so many of each, in the order of names; the numbers are of all that matches."""
    glob, rows = database.pattern(pattern), database.read
    of_dockerfile, of_reference = (f" WHERE {it} {database.glob}" for it in ("dockerfile", "reference"))
    grouped = f"{_DOCKERFILES}{of_dockerfile} GROUP BY dockerfile"
    counted = "SELECT count(*) AS times FROM"
    dockerfiles = rows(f"{grouped} ORDER BY dockerfile LIMIT ?", (glob, most))
    references = rows(f"{_REFERENCES}{of_reference} ORDER BY reference LIMIT ?", (glob, most))
    return Inventory(
        tuple(RecordedDockerfile(name, count, at) for name, at, count in dockerfiles),
        tuple(RecordedReference(*row) for row in references),
        _count(database, f"{counted} ({grouped}) AS grouped", glob),
        _count(database, f"{counted} observation{of_reference}", glob),
        _count(database, f"{counted} observation_event{of_reference}", glob)
        + _count(database, f"{counted} build_event{of_dockerfile}", glob),
    )


def forget(
    connection: Connection, dockerfiles: Iterable[str], references: Iterable[str], own_tables: Iterable[str]
) -> None:
    """Remove every record of these, but for taints: without one a build could take a layer of other bytes."""
    names = [(name,) for name in dockerfiles]
    connection.executemany(
        "DELETE FROM taken_up WHERE build IN (SELECT number FROM build_event WHERE dockerfile = ?)", names
    )
    for table in OF_DOCKERFILES:
        connection.executemany(f"DELETE FROM {table} WHERE dockerfile = ?", names)  # noqa: S608 - constants of ours
    texts = [(text,) for text in references]
    for table in (*OF_REFERENCES, *own_tables):
        connection.executemany(f"DELETE FROM {table} WHERE reference = ?", texts)  # noqa: S608 - constants of ours
    connection.execute(
        "UPDATE history_size SET bytes = (SELECT coalesce(sum(bytes), 0) FROM observation_event)"
        " + (SELECT coalesce(sum(bytes), 0) FROM build_event)"
    )


def _count(database: Database, sql: str, *values: str) -> int:
    found = database.read(sql, values)
    return int(found[0][0]) if found else 0
