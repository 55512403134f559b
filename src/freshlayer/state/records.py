"""What the state knows of earlier builds, found by what was built; a Dockerfile's path is the first guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.decisions.marks import Mark
from freshlayer.model.build import Built, LastBuild
from freshlayer.model.compact_json import compact
from freshlayer.state.columns import Row, pairs_in

if TYPE_CHECKING:
    from freshlayer.state.database import Connection

Rows = Callable[[str, Sequence[str | int]], list[Row]]
"""Runs a query; an empty list where the state can't be used."""

Record = TypeVar("Record")
Place = tuple[str, str]
"""Stage, digest of an instruction."""

_COLUMNS = "dockerfile, stage, instruction, chain, platform, builder, engine"
_MOST_KEYS = 50
_MOST_ROWS = 10_000
_MOST_GIVEN = 50_000

_AT_ONCE = 500
# A migrated record names no engine: which one it was is not known.
_SCOPE = "platform = ? AND ? IN ('', builder) AND (? = '' OR engine IN (?, ''))"
_BUILT = (
    "SELECT stage, instruction, chain, pairs, key FROM built"  # noqa: S608 - constants of ours
    f" WHERE dockerfile = ? AND {_SCOPE} ORDER BY number"
)
_HISTORY = (
    "SELECT stage, instruction, chain, keys, seconds, at FROM history"  # noqa: S608 - constants of ours
    f" WHERE dockerfile = ? AND {_SCOPE} ORDER BY number"
)
_TWIN = (
    "SELECT dockerfile FROM history"  # noqa: S608 - constants of ours
    f" WHERE chain = ? AND {_SCOPE} ORDER BY number DESC LIMIT 1"
)
_OWN = (
    "SELECT instruction, dockerfile, platform, builder, engine FROM built"
    " WHERE dockerfile = ? AND instruction IN"
)
_OTHER = (
    "SELECT instruction, dockerfile, platform, builder, engine FROM built WHERE number IN"
    " (SELECT max(number) FROM built WHERE dockerfile != ? AND instruction IN"
)
_GIVEN = "SELECT key, dockerfile, builder FROM given WHERE engine IN (?, '') AND key IN"


class Scope(Struct, frozen=True):
    """Which build a record is of. An empty ``builder`` or ``engine`` matches any: the last build counts."""

    dockerfile: str
    platform: str
    builder: str
    engine: str = ""

    @property
    def values(self) -> tuple[str, str, str, str]:
        """For the placeholders of a query."""
        return self.platform, self.builder, self.engine, self.engine


class BuiltRecord(Struct, frozen=True):
    """An instruction, by the digest of its text, as it was just built."""

    stage: str
    instruction: str
    built: Built
    chain: str = ""


class HistoryRecord(Struct, frozen=True):
    """An instruction, by the digest of its text, and what is to be remembered of it."""

    stage: str
    instruction: str
    earlier: LastBuild


class Records(Struct, frozen=True):
    """The last builds of the instructions of a Dockerfile.

    ``texts``: the digests that earlier builds of this Dockerfile had; None where not all are recorded.
    ``stages``: the stages that were built.
    """

    built: Mapping[Place, Built] = field(default_factory=dict)
    history: Mapping[Place, LastBuild] = field(default_factory=dict)
    texts: frozenset[str] | None = None
    stages: frozenset[str] = frozenset()


class Elsewhere(Struct, frozen=True):
    """A build that had the same instruction, and is not the one that was looked for."""

    dockerfile: str
    platform: str
    builder: str
    engine: str


class Given(Struct, frozen=True):
    """Who gave a key to a builder, whether that build was recorded or not."""

    dockerfile: str
    builder: str


def read(rows: Rows, scope: Scope, marks: Sequence[Mark]) -> Records:
    """The records of these instructions, the last of which is the last of the build.

    Where this Dockerfile never ended with that instruction, one that did is the same build: another clone, a
    directory that was moved.
    """
    built = _found(_built(rows, scope), marks, by_chain_only=False)
    own = list(_history(rows, scope))
    history = _found(own, marks, by_chain_only=False)
    end = marks[-1].chain if marks else ""
    twin = "" if end in {mark.chain for mark, _ in own} else _twin(rows, scope, end)
    if twin and twin != scope.dockerfile:
        there = replace(scope, dockerfile=twin)
        others = _found(_built(rows, there), marks, by_chain_only=True)
        built |= {place: replace(record, dockerfile=twin) for place, record in others.items()}
        theirs = list(_history(rows, there))
        history |= _found(theirs, marks, by_chain_only=True)
        own += theirs
    whole = any(mark.chain for mark, _ in own)
    texts = frozenset(mark.digest for mark, _ in own) if whole else None
    return Records(built, history, texts, frozenset(mark.stage for mark, _ in own))


def elsewhere(rows: Rows, scope: Scope, digests: Sequence[str]) -> dict[str, Elsewhere]:
    """Digest → the last other build of this Dockerfile with such an instruction, else one of another."""
    found: dict[str, Elsewhere] = {}
    for sql, end in ((_OTHER, " GROUP BY instruction)"), (_OWN, " ORDER BY number")):
        for digest, *columns in _among(rows, sql, (scope.dockerfile,), digests, end):
            found[digest] = Elsewhere(*columns[:4])
    return found


def given(rows: Rows, scope: Scope, keys: Sequence[str]) -> dict[str, Given]:
    """Key → which Dockerfile gave it to a builder of this engine; another one than ours, if any did."""
    found: dict[str, Given] = {}
    for key, dockerfile, builder in _among(rows, _GIVEN, (scope.engine,), keys, " ORDER BY number"):
        if key not in found or (dockerfile, builder) != (scope.dockerfile, scope.builder):
            found[key] = Given(dockerfile, builder)
    return found


def _among(rows: Rows, sql: str, before: tuple[str, ...], values: Sequence[str], end: str) -> Iterator[Row]:
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        yield from rows(f"{sql} ({','.join('?' * len(some))}){end}", (*before, *some))


def _built(rows: Rows, scope: Scope) -> Iterator[tuple[Mark, Built]]:
    for stage, digest, chain, pairs, key in rows(_BUILT, (scope.dockerfile, *scope.values)):
        yield Mark(stage, digest, chain), Built(tuple(pairs_in(pairs)), key)


def _history(rows: Rows, scope: Scope) -> Iterator[tuple[Mark, LastBuild]]:
    for stage, digest, chain, keys, seconds, at in rows(_HISTORY, (scope.dockerfile, *scope.values)):
        yield Mark(stage, digest, chain), LastBuild(chain, tuple(keys.split()), seconds, at)


def _twin(rows: Rows, scope: Scope, end: str) -> str:
    found = rows(_TWIN, (end, *scope.values)) if end else []
    return str(found[0][0]) if found else ""


def _found(
    records: Iterable[tuple[Mark, Record]], marks: Sequence[Mark], *, by_chain_only: bool
) -> dict[Place, Record]:
    """The newest record of each instruction: of the very same build, else of its place, else of its text."""
    by_chain: dict[str, Record] = {}
    by_place: dict[Place, Record] = {}
    by_text: dict[str, Record] = {}
    for mark, record in records:
        by_chain[mark.chain] = by_place[mark.place] = by_text[mark.digest] = record
    found: dict[Place, Record] = {}
    for mark in marks if by_text else ():
        best = by_chain.get(mark.chain)
        if best is None and not by_chain_only:
            best = by_place.get(mark.place) or by_text.get(mark.digest)
        if best is not None:
            found[mark.place] = best
    return found


def write(
    connection: Connection,
    scope: Scope,
    built: Iterable[BuiltRecord],
    history: Iterable[HistoryRecord],
) -> None:
    """Record a build. Of a Dockerfile the newest records stay, and never fewer than it has instructions."""
    rows = [(*_columns(scope, it, it.chain), _pairs(it.built), it.built.key) for it in built]
    _replace(connection, "built", f"{_COLUMNS}, pairs, key", rows)
    rows_of_history = [(*_columns(scope, it, it.earlier.chain), *_remembered(it.earlier)) for it in history]
    _replace(connection, "history", f"{_COLUMNS}, keys, seconds, at", rows_of_history)


def _replace(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Rows in place of those that are of the same build, and of migrated ones of the same instruction."""
    if not rows:
        return
    latest: dict[Row, Row] = {}
    for row in rows:
        latest.pop(row[:7], None)
        latest[row[:7]] = row
    connection.executemany(
        f"DELETE FROM {table} WHERE dockerfile = ? AND stage = ? AND instruction = ?"  # noqa: S608 - constants
        " AND platform = ? AND builder = ?"
        " AND ((chain = '' AND engine = '') OR (chain = ? AND engine = ?))",
        [(*key[:3], *key[4:6], key[3], key[6]) for key in latest],
    )
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(latest.values()))  # noqa: S608 - constants
    dockerfile = rows[0][0]
    connection.execute(
        f"DELETE FROM {table} WHERE dockerfile = ? AND number <= (SELECT number FROM {table}"  # noqa: S608 - constants
        " WHERE dockerfile = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (dockerfile, dockerfile, max(_MOST_ROWS, 2 * len(rows))),
    )


def give(connection: Connection, scope: Scope, keys: Iterable[str]) -> None:
    """Remember that these keys are given to a builder: a build that is killed may leave layers behind."""
    rows = [(key, scope.engine, scope.dockerfile, scope.builder) for key in keys]
    put(connection, "given", ("key", "engine", "dockerfile", "builder"), (), rows)
    connection.execute(
        "DELETE FROM given WHERE number <= (SELECT max(number) FROM given) - ?", (_MOST_GIVEN,)
    )


def _columns(scope: Scope, record: BuiltRecord | HistoryRecord, chain: str) -> tuple[str, ...]:
    """The columns that identify an instruction of a build."""
    return (
        scope.dockerfile,
        record.stage,
        record.instruction,
        chain,
        scope.platform,
        scope.builder,
        scope.engine,
    )


def _pairs(built: Built) -> str:
    return compact([list(pair) for pair in built.pairs])


def _remembered(earlier: LastBuild) -> tuple[str, float | None, int]:
    return " ".join(earlier.keys[-_MOST_KEYS:]), earlier.seconds, earlier.at


def put(
    connection: Connection, table: str, keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Write rows of ``keys`` and ``columns``, in place of those with the same keys.

    No constraint is needed: there is no other writer, and an index of PostgreSQL holds no long texts.
    """
    latest = {row[: len(keys)]: row for row in rows}
    if not latest:
        return
    found = " AND ".join(f"{it} = ?" for it in keys)
    connection.executemany(f"DELETE FROM {table} WHERE {found}", list(latest))  # noqa: S608 - names of ours
    names = [*keys, *columns]
    values = ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})",  # noqa: S608 - names of ours
        list(latest.values()),
    )


def add_missing(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Add the rows that are not there."""
    found = " AND ".join(f"{it} = ?" for it in columns)
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join('?' * len(columns))}"  # noqa: S608 - names
        f" WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {found})",
        [(*row, *row) for row in rows],
    )
