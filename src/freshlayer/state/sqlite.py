"""The state file: SQLite, so that concurrent builds on one machine are normal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from freshlayer.decisions.marks import Mark
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference
from freshlayer.state import records
from freshlayer.state.columns import Row
from freshlayer.state.opening import StateFile
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope

_AT_ONCE = 500
_OBSERVATIONS = (
    "SELECT reference, identity, strength, evidence, entity_tag, last_modified, asked, full_answer,"
    " content_type FROM observation WHERE reference IN"
)


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

    def records(self, scope: Scope, marks: Sequence[Mark]) -> Records:
        """The last builds of these instructions, the last of which is the last of the build."""
        return records.read(self._rows, scope, marks)

    def elsewhere(self, scope: Scope, digests: Sequence[str]) -> dict[str, Elsewhere]:
        """Digest of an instruction → another build that had it."""
        return records.elsewhere(self._rows, scope, digests)

    def given(self, scope: Scope, keys: Sequence[str]) -> dict[str, Given]:
        """Key → who gave it to a builder of this engine."""
        return records.given(self._rows, scope, keys)

    def is_empty(self) -> bool:
        """Whether no build is recorded."""
        return not self._rows("SELECT number FROM built LIMIT 1", ())

    def tags(self, scope: Scope) -> dict[str, str]:
        """Tag → the image that it meant after the last build of this Dockerfile on this engine."""
        sql = "SELECT name, image FROM tag WHERE dockerfile = ? AND engine = ? ORDER BY name"
        return dict(self._rows(sql, (scope.dockerfile, scope.engine)))

    def network(self, dockerfile: str) -> str | None:
        """The network that the last build of a Dockerfile was given; None where no build is recorded."""
        rows = self._rows("SELECT mode FROM network WHERE dockerfile = ?", (dockerfile,))
        return str(rows[0][0]) if rows else None

    def give(self, scope: Scope, keys: Sequence[str]) -> None:
        """Remember, before a builder starts, that it is given these keys."""
        if keys:
            self._file.write(lambda connection: records.give(connection, scope, keys))

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
        tags: Mapping[str, str] | None = None,
        network: str | None = None,
    ) -> None:
        """Keep all of this, or none of it: one transaction. ``now`` in seconds since 1970."""
        remembered = [_observation(reference, recorded, now) for reference, recorded in observations.items()]
        kept, past = list(built), list(history)
        pairs = list(tainted)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", remembered
            )
            if scope is not None:
                records.write(connection, scope, kept, past)
                if network is not None:
                    row = (scope.dockerfile, network)
                    connection.execute("INSERT OR REPLACE INTO network (dockerfile, mode) VALUES (?, ?)", row)
                connection.executemany(
                    "INSERT OR REPLACE INTO tag (engine, name, image, dockerfile) VALUES (?, ?, ?, ?)",
                    [(scope.engine, *tag, scope.dockerfile) for tag in (tags or {}).items()],
                )
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
