"""The history in the state is written: rows are appended, and the oldest are removed in small steps.

An observation is an event where its identity is new or another one: a probe of an unchanged input is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from freshlayer.model.compact_json import compact
from freshlayer.model.evidence import Evidence
from freshlayer.model.observation import Change, Recorded
from freshlayer.reference import Reference
from freshlayer.state.columns import Row, checked
from freshlayer.state.records import add_missing

if TYPE_CHECKING:
    from freshlayer.model.history import BuildEvent
    from freshlayer.state.database import Connection

_PRUNED_AT_ONCE = 500
_MOST_INSTRUCTIONS = 2_000
_MOST_TAKEN_UP = 2_000
_TABLES = ("observation_event", "build_event")
_ROW = 100
"""Bytes of a row beside its long texts, with its share of the indexes: an estimate."""

_NEW = (
    "INSERT INTO observation_event (reference, at, identity, strength, evidence, verdict, bytes)"
    " SELECT ?, ?, ?, ?, ?, ?, ?"
    " WHERE NOT EXISTS (SELECT 1 FROM observation WHERE reference = ? AND identity = ?)"
)
_GROWN = "UPDATE history_size SET bytes = CASE WHEN bytes + ? > 0 THEN bytes + ? ELSE 0 END"


class Keep(Struct, frozen=True):
    """How long events are kept, and how many bytes of them."""

    seconds: int = 400 * 86400
    size: int = 200_000_000


def write_changes(
    connection: Connection,
    observations: Mapping[Reference, Recorded],
    changes: Mapping[Reference, Change],
    at: int,
) -> None:
    """Append what is new in these observations. Call it before they replace the recorded ones."""
    rows = [
        _change(reference.text, recorded, changes.get(reference, Change.FIRST_SEEN), at)
        for reference, recorded in observations.items()
    ]
    if not rows:
        return
    written = connection.executemany(_NEW, rows).rowcount
    # The rows are alike: one that was not written counts as much as one that was.
    _grow(connection, sum(row[6] for row in rows) * written // len(rows))


def _change(reference: str, recorded: Recorded, change: Change, at: int) -> Row:
    # What was seen first is in the table of observations; repeated here it would double the file.
    evidence = evidence_text(() if change is Change.FIRST_SEEN else recorded.evidence)
    identity = str(recorded.identity)
    size = _ROW + 2 * len(reference) + len(identity) + len(evidence)
    strength = recorded.identity.strength
    return reference, at, identity, strength, evidence, change.value, size, reference, identity


def write_build(connection: Connection, event: BuildEvent) -> None:
    """Append a build, and which build took up an input's identity."""
    instructions = msgspec.json.encode(event.instructions[:_MOST_INSTRUCTIONS]).decode()
    size = _ROW + 2 * len(event.dockerfile) + len(instructions)
    connection.execute(
        "INSERT INTO build_event (dockerfile, platform, builder, engine, at, result, instructions, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.dockerfile,
            event.platform,
            event.builder,
            event.engine,
            event.at,
            event.result,
            instructions,
            size,
        ),
    )
    # There is no other writer meanwhile, and numbers only grow.
    (number,) = connection.execute("SELECT max(number) FROM build_event").fetchone()
    taken = [(reference, identity, number) for reference, identity in event.took_up]
    add_missing(connection, "taken_up", ("reference", "identity", "build"), taken[:_MOST_TAKEN_UP])
    _grow(connection, size)


def prune(connection: Connection, now: int, keep: Keep) -> None:
    """Remove some of the oldest events where they are too old or too many: the work of one run is bounded."""
    cut = max(now - keep.seconds, _cut(connection, keep.size))
    for table in _TABLES:
        removed = _read(
            connection,
            f"SELECT number, bytes FROM {table} WHERE at < ? ORDER BY at LIMIT {_PRUNED_AT_ONCE}",  # noqa: S608 - constants
            (cut,),
        )
        numbers = [(number,) for number, _ in removed]
        connection.executemany(f"DELETE FROM {table} WHERE number = ?", numbers)  # noqa: S608 - constants of ours
        if table == "build_event":
            connection.executemany("DELETE FROM taken_up WHERE build = ?", numbers)
        if removed:
            _grow(connection, -sum(size for _, size in removed))


def _cut(connection: Connection, most: int) -> int:
    """Where the history is too large, the time before which the next step of both tables is; else 0."""
    size = _read(connection, "SELECT bytes FROM history_size LIMIT 1")
    if not size or size[0][0] <= most:
        return 0
    union = " UNION ALL ".join(
        f"SELECT at FROM (SELECT at FROM {table} ORDER BY at LIMIT {_PRUNED_AT_ONCE}) AS of_{table}"  # noqa: S608 - constants
        for table in _TABLES
    )
    oldest = _read(connection, f"{union} ORDER BY at LIMIT {_PRUNED_AT_ONCE}")
    return oldest[-1][0] + 1 if oldest else 0


def _read(connection: Connection, sql: str, values: Sequence[int] = ()) -> list[Row]:
    """Rows inside a transaction, checked as those of every other query. Raises DamagedError."""
    cursor = connection.execute(sql, tuple(values))
    return checked([column[0] for column in cursor.description], cursor.fetchall())


def _grow(connection: Connection, size: int) -> None:
    connection.execute(_GROWN, (size, size))


def evidence_text(evidence: Iterable[Evidence]) -> str:
    """As a column holds it."""
    parts = [[e.scheme, e.value, e.strength, e.hop, int(e.guessed)] for e in evidence]
    return compact(parts)
