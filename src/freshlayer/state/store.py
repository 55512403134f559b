"""The store on a database: its methods are queries that every member of Database answers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from freshlayer.decisions.marks import Mark
from freshlayer.model.observation import Change, Recorded
from freshlayer.reference import Reference
from freshlayer.state import events, records
from freshlayer.state.columns import Row
from freshlayer.state.events import Keep
from freshlayer.state.observations import Recalled, row_of
from freshlayer.state.records import Elsewhere, Given, Records, Scope, add_missing, put

if TYPE_CHECKING:
    from freshlayer.model.history import History
    from freshlayer.model.inventory import Inventory
    from freshlayer.state.base import BuildRecord
    from freshlayer.state.database import Connection, Database
    from freshlayer.state.scripts import KeptScript

_AT_ONCE = 500
_WRITTEN_AT_ONCE = 1_000
"""Rows of observations that are in memory: of 100,000, they would be a tenth of all that a check takes."""
_COLUMNS = (
    *("identity", "strength", "evidence", "entity_tag", "last_modified", "asked", "full_answer"),
    "content_type",
)
_OBSERVATIONS = f"SELECT reference, {', '.join(_COLUMNS)} FROM observation WHERE reference IN"  # noqa: S608 - constants
_SEEN_AGAIN = "UPDATE observation SET asked = ? WHERE reference IN"
_TAINTED_AGAIN = "UPDATE taint SET times = times + 1 WHERE reference = ? AND identity = ?"
_TAINTED = "INSERT INTO taint (reference, identity, times) VALUES (?, ?, 1)"
_OF_BUILDS = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table})"  # noqa: S608 - constants
    for table in ("built", "history", "tag", "network", "not_watched", "taint")
)


class DatabaseStore:
    """Every method works, without memory, where the database can't be used. ``keep``: how much history.

    ``unbuilt``: nothing of builds is recorded, so none of their tables is read.
    """

    def __init__(self, database: Database, keep: Keep, *, unbuilt: bool = False) -> None:
        self._database = database
        self._keep = keep
        self._unbuilt = unbuilt

    def for_one_run(self) -> DatabaseStore:
        """The same for a run that builds nothing: where no build is recorded now, none is looked for.

        It reads all tables or none: what one build adds to several of them belongs together.
        """
        unbuilt = not self._rows(f"SELECT 1 WHERE {_OF_BUILDS}", ())
        return DatabaseStore(self._database, self._keep, unbuilt=unbuilt)

    def close(self) -> None:
        """End the connection; the store can be used again."""
        self._database.close()

    @property
    def is_usable(self) -> bool:
        """False once reading or writing failed."""
        return self._database.is_usable

    def observations(self, references: Iterable[Reference]) -> Recalled:
        """The last recorded observation of each reference that has one."""
        wanted = {reference.text: reference for reference in references}
        return Recalled(self._in(_OBSERVATIONS, list(wanted)), wanted)

    def last_builds(self, scope: Scope, marks: Sequence[Mark]) -> Records:
        """The last builds of these instructions; the last of them is the last instruction of the build."""
        if self._unbuilt:
            return Records()
        return records.read(self._rows, scope, marks)

    def other_builds(self, scope: Scope, digests: Sequence[str]) -> dict[str, Elsewhere]:
        """Digest of an instruction → another build that had it."""
        return {} if self._unbuilt else records.elsewhere(self._rows, scope, digests)

    def users_of_keys(self, scope: Scope, keys: Sequence[str]) -> dict[str, Given]:
        """Key → the Dockerfile and builder of this engine that had it."""
        return records.given(self._rows, scope, keys)

    def is_empty(self) -> bool:
        """Whether no build is recorded."""
        return self._unbuilt or not self._rows("SELECT number FROM built LIMIT 1", ())

    def tags(self, scope: Scope) -> dict[str, str]:
        """Tag → the image that it meant after the last build of this Dockerfile on this engine."""
        if self._unbuilt:
            return {}
        sql = "SELECT name, image FROM tag WHERE dockerfile = ? AND engine = ? ORDER BY name"
        return dict(self._rows(sql, (scope.dockerfile, scope.engine)))

    def network(self, dockerfile: str) -> str | None:
        """The network mode of the last build of a Dockerfile; None where no build is recorded."""
        if self._unbuilt:
            return None
        rows = self._rows("SELECT mode FROM network WHERE dockerfile = ?", (dockerfile,))
        return str(rows[0][0]) if rows else None

    def not_watched(self, dockerfile: str) -> frozenset[str]:
        """Digests of what was not watched at the last build of a Dockerfile."""
        if self._unbuilt:
            return frozenset()
        rows = self._rows("SELECT digest FROM not_watched WHERE dockerfile = ?", (dockerfile,))
        return frozenset(str(digest) for (digest,) in rows)

    def networks(self) -> dict[str, str]:
        """Dockerfile → the network mode of its last build, for all that were built."""
        return dict(self._rows("SELECT dockerfile, mode FROM network", ()))

    def record_keys(self, scope: Scope, keys: Sequence[str]) -> None:
        """Record, before a builder starts, that it gets these keys."""
        if keys:
            self._database.write(lambda connection: records.give(connection, scope, keys))

    def scripts(self, references: Iterable[Reference]) -> dict[Reference, KeptScript]:
        """The scripts that these references named at their last probe."""
        from freshlayer.state import scripts  # noqa: PLC0415 - few Dockerfiles run what they download

        wanted = {reference.text: reference for reference in references}
        return scripts.read(self._in(scripts.SELECT, list(wanted)), wanted)

    def record_scripts(self, read: Mapping[Reference, KeptScript], *, at: int) -> None:
        """Record the text of scripts. None of them was requested with a credential."""
        from freshlayer.state import scripts  # noqa: PLC0415 - see above

        if read:
            self._database.write(lambda connection: scripts.write(connection, read, at))

    def taints(self, references: Iterable[Reference]) -> dict[tuple[str, str], int]:
        """(reference, identity) → how often a build may have mixed it up with another version."""
        if self._unbuilt:
            return {}
        rows = self._in(
            "SELECT reference, identity, times FROM taint WHERE reference IN", [r.text for r in references]
        )
        return {(reference, identity): int(times) for reference, identity, times in rows}

    def history(self, reference: str, most: int) -> History:
        """When a reference changed, and which builds took a new identity up."""
        from freshlayer.state import history  # noqa: PLC0415 - freshlayer history alone reads it

        return history.of_reference(self._rows, reference, most)

    def history_of_dockerfile(self, dockerfile: str, most: int) -> History:
        """The builds of a Dockerfile, and the changes of what they took up."""
        from freshlayer.state import history  # noqa: PLC0415 - see above

        return history.of_dockerfile(self._rows, dockerfile, most)

    def history_of_directory(self, directory: str, most: int) -> History:
        """The same of every Dockerfile in a directory and below."""
        from freshlayer.state import history  # noqa: PLC0415 - see above

        return history.of_directory(self._rows, directory, most)

    def inventory(self, pattern: str, most: int) -> Inventory:
        """What is recorded of the Dockerfiles and references that match, at most so many of each."""
        from freshlayer.state import inventory  # noqa: PLC0415 - freshlayer state alone lists and forgets

        return msgspec.structs.replace(
            inventory.read(self._database, pattern, most), size=self._database.size
        )

    def forget(self, dockerfiles: Sequence[str], references: Sequence[str]) -> None:
        """Remove every record of these, but for taints; the space is given back."""
        from freshlayer.state import inventory  # noqa: PLC0415 - see above

        self._database.write(
            lambda connection: inventory.forget(
                connection, dockerfiles, references, self._database.own_tables
            )
        )
        self._database.compact()

    def record_observations(
        self,
        observations: Mapping[Reference, Recorded],
        *,
        at: int,
        changes: Mapping[Reference, Change] | None = None,
        again: Container[Reference] = (),
    ) -> None:
        """Record what origins returned, without a build. ``changes``: the verdicts, for the history.

        ``again``: of what is recorded of these, nothing but the time of the probe is new.
        """
        self._database.write(
            lambda connection: self._observe(connection, observations, changes or {}, at, again)
        )

    def record_build(self, record: BuildRecord) -> None:
        """Record a build that ended: all of it, or nothing."""
        self._database.write(lambda connection: self._write(connection, record))

    def _observe(
        self,
        connection: Connection,
        observations: Mapping[Reference, Recorded],
        changes: Mapping[Reference, Change],
        at: int,
        again: Container[Reference] = (),
    ) -> None:
        references = iter(observations)
        while some := list(islice(references, _WRITTEN_AT_ONCE)):
            known = [it.text for it in some if it in again]
            if known and _seen_again(connection, known, at):
                some = [it for it in some if it not in again] if len(known) < len(some) else []
            new = {it: observations[it] for it in some}
            events.write_changes(connection, new, changes, at)
            rows = [row_of(reference, recorded, at) for reference, recorded in new.items()]
            put(connection, "observation", ("reference",), _COLUMNS, rows)
        events.prune(connection, at, self._keep)

    def _write(self, connection: Connection, record: BuildRecord) -> None:
        scope = record.scope
        records.write(connection, scope, record.built, record.last_builds)
        if record.network is not None:
            row = (scope.dockerfile, record.network)
            put(connection, "network", ("dockerfile",), ("mode",), [row])
            connection.execute("DELETE FROM not_watched WHERE dockerfile = ?", row[:1])
            missed = [(scope.dockerfile, digest) for digest in record.not_watched]
            add_missing(connection, "not_watched", ("dockerfile", "digest"), missed)
        tags = [(scope.engine, *tag, scope.dockerfile) for tag in record.tags.items()]
        put(connection, "tag", ("engine", "name"), ("image", "dockerfile"), tags)
        for pair in record.tainted:
            if not connection.execute(_TAINTED_AGAIN, pair).rowcount:
                connection.execute(_TAINTED, pair)
        if record.event is not None:
            events.write_build(connection, record.event)
        self._observe(connection, record.observations, record.changes, record.at)

    def _in(self, sql: str, values: list[str]) -> Iterator[Row]:
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            placed = f"{sql} ({','.join('?' * len(some))})"
            yield from self._database.read(placed, tuple(some), frozenset(some))

    def _rows(self, sql: str, values: Sequence[str | int]) -> list[Row]:
        return self._database.read(sql, values)


def _seen_again(connection: Connection, references: Sequence[str], at: int) -> bool:
    """Write the time of a probe alone; False where a row is missing by now: forgotten, or another file."""
    found = 0
    for start in range(0, len(references), _AT_ONCE):
        some = references[start : start + _AT_ONCE]
        sql = f"{_SEEN_AGAIN} ({', '.join('?' * len(some))})"
        found += connection.execute(sql, (at, *some)).rowcount
    return found == len(references)
