"""The history in the state is read: the changes of references, and the builds that took them up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.history import BuildEvent, History, InstructionEvent, ObservationEvent
from freshlayer.model.observation import Change
from freshlayer.state.columns import Row
from freshlayer.state.records import Rows

_BUILD_COLUMNS = "number, dockerfile, platform, builder, engine, at, result, instructions"
_BUILDS = f"SELECT {_BUILD_COLUMNS} FROM build_event"  # noqa: S608 - constants of ours
_CHANGES = "SELECT reference, at, identity, strength, evidence, verdict FROM observation_event"
_WITHIN = "((dockerfile >= ? AND dockerfile < ?) OR (dockerfile >= ? AND dockerfile < ?))"
_FROM = "(dockerfile = ? OR (dockerfile >= ? AND dockerfile < ?))"
_TAKEN_UP = "SELECT taken_up.reference FROM build_event JOIN taken_up ON taken_up.build = build_event.number"
_LATEST = " ORDER BY number DESC LIMIT ?"


def of_reference(rows: Rows, reference: str, most: int) -> History:
    """When a reference changed, and which builds took a new identity up."""
    return History(_changes_of(rows, reference, most), _builds_of(rows, reference, most))


def of_dockerfile(rows: Rows, dockerfile: str, most: int) -> History:
    """The builds of a Dockerfile, and the changes of what they took up."""
    return History(_changes_from(rows, dockerfile, most), _builds_from(rows, dockerfile, most))


def of_directory(rows: Rows, directory: str, most: int) -> History:
    """The same of every Dockerfile in a directory and below."""
    return History(_changes_within(rows, directory, most), _builds_within(rows, directory, most))


def _changes_of(rows: Rows, reference: str, most: int) -> tuple[ObservationEvent, ...]:
    """The identities that a reference had, newest first."""
    return _changes(rows(f"{_CHANGES} WHERE reference = ?{_LATEST}", (reference, most)))


def _changes_within(rows: Rows, directory: str, most: int) -> tuple[ObservationEvent, ...]:
    """The same of every input that a build of a Dockerfile in this directory took up."""
    sql = f"{_CHANGES} WHERE reference IN ({_TAKEN_UP} WHERE {_WITHIN}){_LATEST}"
    return _changes(rows(sql, (*_range(directory), most)))


def _changes_from(rows: Rows, dockerfile: str, most: int) -> tuple[ObservationEvent, ...]:
    """The same of every input that a build of this Dockerfile took up."""
    sql = f"{_CHANGES} WHERE reference IN ({_TAKEN_UP} WHERE {_FROM}){_LATEST}"
    return _changes(rows(sql, (*_targets(dockerfile), most)))


def _builds_of(rows: Rows, reference: str, most: int) -> tuple[BuildEvent, ...]:
    """The builds that took up an identity of a reference, newest first."""
    among = "SELECT build FROM taken_up WHERE reference = ?"
    return _builds(rows, f"{_BUILDS} WHERE number IN ({among}){_LATEST}", (reference, most))


def _builds_within(rows: Rows, directory: str, most: int) -> tuple[BuildEvent, ...]:
    """The builds of all Dockerfiles in a directory, newest first."""
    return _builds(rows, f"{_BUILDS} WHERE {_WITHIN}{_LATEST}", (*_range(directory), most))


def _builds_from(rows: Rows, dockerfile: str, most: int) -> tuple[BuildEvent, ...]:
    """The builds of a Dockerfile, and of targets of a composition that have it, newest first."""
    return _builds(rows, f"{_BUILDS} WHERE {_FROM}{_LATEST}", (*_targets(dockerfile), most))


def _range(directory: str) -> tuple[str, str, str, str]:
    """Every path below a directory (``0`` follows ``/``), and its targets in a composition."""
    stem = directory.rstrip("/")
    return f"{stem}/", f"{stem}0", f"{stem}#", f"{stem}$"


def _targets(dockerfile: str) -> tuple[str, str, str]:
    """A Dockerfile, and the range of its targets in a composition: ``$`` follows ``#``."""
    return dockerfile, f"{dockerfile}#", f"{dockerfile}$"


def _changes(found: Iterable[Row]) -> tuple[ObservationEvent, ...]:
    return tuple(
        ObservationEvent(
            reference,
            at,
            Identity.parse(identity, Strength(strength)),
            _evidence(evidence),
            Change(verdict),
        )
        for reference, at, identity, strength, evidence, verdict in found
    )


def _builds(rows: Rows, sql: str, values: tuple[str | int, ...]) -> tuple[BuildEvent, ...]:
    return tuple(_with_inputs(rows, rows(sql, values)))


def _with_inputs(rows: Rows, found: Sequence[Row]) -> Iterator[BuildEvent]:
    for number, dockerfile, platform, builder, engine, at, result, instructions in found:
        pairs = rows(
            "SELECT reference, identity FROM taken_up WHERE build = ? ORDER BY reference, identity", (number,)
        )
        yield BuildEvent(
            dockerfile,
            platform,
            builder,
            engine,
            at,
            result,
            msgspec.json.decode(instructions, type=tuple[InstructionEvent, ...]),
            tuple((reference, identity) for reference, identity in pairs),
        )


def _evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(scheme, value, Strength(strength), int(hop), guessed=bool(guessed))
        for scheme, value, strength, hop, guessed in msgspec.json.decode(text)
    )
