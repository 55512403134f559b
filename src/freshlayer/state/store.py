"""The state file: SQLite, so that concurrent builds on one machine are normal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from freshlayer.model import Built, Earlier, Evidence, Identity, Recorded, Strength, Validators
from freshlayer.reference import Reference
from freshlayer.state.columns import Row
from freshlayer.state.opening import StateFile

_AT_ONCE = 500
_MOST_KEYS = 50
_OBSERVATIONS = (
    "SELECT reference, identity, strength, evidence, entity_tag, last_modified, asked, full_answer,"
    " content_type FROM observation WHERE reference IN"
)


class Scope(Struct, frozen=True):
    """Which build a record speaks of. An empty ``builder`` stands for whichever built last."""

    dockerfile: str
    platform: str
    builder: str


class BuiltRecord(Struct, frozen=True):
    """An instruction, by the digest of its text, as it was just built."""

    stage: str
    instruction: str
    built: Built


class HistoryRecord(Struct, frozen=True):
    """An instruction, by the digest of its text, and what is to be remembered of it."""

    stage: str
    instruction: str
    earlier: Earlier


class Store:
    """One state file. Every method works, without memory, where the file can't be used.

    ``warn`` is told why, once; a build goes on without its state.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._file = StateFile(path, warn)

    def close(self) -> None:
        """End the connection; the store can be used again."""
        self._file.close()

    def recall(self, references: Iterable[Reference]) -> dict[Reference, Recorded]:
        """The last kept observation of each reference that has one."""
        wanted = {reference.text: reference for reference in references}
        rows = self._in(_OBSERVATIONS, list(wanted))
        found: dict[Reference, Recorded] = {}
        for text, identity, strength, evidence, entity_tag, last_modified, *rest in rows:
            known = Identity.parse(identity, Strength(strength))
            found[wanted[text]] = Recorded(
                known,
                _evidence(evidence, known),
                Validators(entity_tag, last_modified),
                *rest,
            )
        return found

    def built(self, scope: Scope) -> dict[tuple[str, str], Built]:
        """(stage, digest of the instruction) → what it was last built with."""
        sql = (
            "SELECT stage, instruction, pairs, key FROM built"
            " WHERE dockerfile = ? AND platform = ? AND ? IN ('', builder) ORDER BY number"
        )
        found: dict[tuple[str, str], Built] = {}
        for stage, instruction, pairs, key in self._rows(
            sql, (scope.dockerfile, scope.platform, scope.builder)
        ):
            found[stage, instruction] = Built(tuple((r, i) for r, i in json.loads(pairs)), key)
        return found

    def history(self, scope: Scope) -> dict[tuple[str, str], Earlier]:
        """(stage, digest of the instruction) → when and how it was built."""
        sql = (
            "SELECT stage, instruction, chain, keys, seconds, at FROM history"
            " WHERE dockerfile = ? AND platform = ? AND ? IN ('', builder) ORDER BY at"
        )
        rows = self._rows(sql, (scope.dockerfile, scope.platform, scope.builder))
        return {
            (stage, instruction): Earlier(chain, tuple(keys.split()), seconds, at)
            for stage, instruction, chain, keys, seconds, at in rows
        }

    def taints(self, references: Iterable[Reference]) -> dict[tuple[str, str], int]:
        """(reference, identity) → how often a build may have mixed it up with another version."""
        rows = self._in(
            "SELECT reference, identity, times FROM taint WHERE reference IN", [r.text for r in references]
        )
        return {(reference, identity): int(times) for reference, identity, times in rows}

    def record(
        self,
        observations: Mapping[Reference, Recorded],
        now: int = 0,
        scope: Scope | None = None,
        built: Iterable[BuiltRecord] = (),
        tainted: Iterable[tuple[str, str]] = (),
        history: Iterable[HistoryRecord] = (),
    ) -> None:
        """Keep all of this, or none of it: one transaction. ``now`` in seconds since 1970."""
        remembered = [_observation(reference, recorded, now) for reference, recorded in observations.items()]
        kept = [_built(scope, record) for record in built] if scope else []
        past = [_history(scope, record) for record in history] if scope else []
        pairs = list(tainted)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", remembered
            )
            connection.executemany(
                "INSERT INTO built (dockerfile, stage, instruction, platform, builder, pairs, key)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                kept,
            )
            connection.executemany("INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", past)
            connection.executemany(
                "INSERT INTO taint VALUES (?, ?, 1)"
                " ON CONFLICT (reference, identity) DO UPDATE SET times = times + 1",
                pairs,
            )

        self._file.write(work)

    def _in(self, sql: str, values: list[str]) -> Iterator[Row]:
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            placed = f"{sql} ({','.join('?' * len(some))})"
            yield from self._file.read(placed, tuple(some), frozenset(some))

    def _rows(self, sql: str, values: tuple[str, ...]) -> list[Row]:
        return self._file.read(sql, values)


def _observation(reference: Reference, recorded: Recorded, now: int) -> Row:
    evidence = [[e.scheme, e.value, e.strength, e.hop, int(e.guessed)] for e in recorded.evidence]
    return (
        reference.text,
        str(recorded.identity),
        recorded.identity.strength,
        json.dumps(evidence, separators=(",", ":")),
        recorded.validators.entity_tag,
        recorded.validators.last_modified,
        now,
        now if recorded.full_answer is None else recorded.full_answer,
        recorded.content_type,
    )


def _evidence(text: str, identity: Identity) -> tuple[Evidence, ...]:
    """Version 2 did not keep what was a guess: there only the evidence that is the identity is none."""
    found = []
    for scheme, value, strength, *rest in json.loads(text):
        hop, guessed = (
            rest
            if len(rest) > 1
            else ((rest or [0])[0], (scheme, value) != (identity.scheme, identity.value))
        )
        found.append(Evidence(scheme, value, Strength(strength), int(hop), guessed=bool(guessed)))
    return tuple(found)


def _built(scope: Scope, record: BuiltRecord) -> tuple[str, ...]:
    pairs = json.dumps([list(pair) for pair in record.built.pairs], separators=(",", ":"))
    return (*_instruction(scope, record), pairs, record.built.key)


def _history(scope: Scope, record: HistoryRecord) -> Row:
    earlier = record.earlier
    return (
        *_instruction(scope, record),
        earlier.chain,
        " ".join(earlier.keys[-_MOST_KEYS:]),
        earlier.seconds,
        earlier.at,
    )


def _instruction(scope: Scope, record: BuiltRecord | HistoryRecord) -> tuple[str, str, str, str, str]:
    """The columns that tell an instruction."""
    return scope.dockerfile, record.stage, record.instruction, scope.platform, scope.builder
