"""What a build reports to the service of ``freshlayer watch``, and what the service records of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from freshlayer.errors import FreshlayerError
from freshlayer.model.history import BuildEvent
from freshlayer.model.key_identities import read_key_identity
from freshlayer.state import BuildRecord, BuiltRecord, HistoryRecord, Scope, StateStore
from freshlayer.state.columns import DamagedError, checked

_AHEAD = 600
"""Seconds by which the clock of the machine that built may be ahead."""

_LATEST = 50
_Text = Annotated[str, Meta(max_length=4096)]
_Some = Meta(max_length=10_000)


class ReportedBuild(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one Dockerfile. ``event``: its result, and what ran."""

    dockerfile: _Text
    platform: _Text
    event: BuildEvent
    built: Annotated[list[BuiltRecord], _Some] = []
    last_builds: Annotated[list[HistoryRecord], _Some] = []
    not_watched: Annotated[list[_Text], _Some] = []
    network: Annotated[str, Meta(max_length=64)] | None = None


class BuildReports(Struct, frozen=True, forbid_unknown_fields=True):
    """``key``: the idempotency key: one that was taken is not recorded again."""

    version: Literal[1]
    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    builds: Annotated[list[ReportedBuild], Meta(max_length=200)]


class ReportRefusedError(FreshlayerError):
    """A document is no report of a build."""


class NotRecordedError(FreshlayerError):
    """The sender is to try again."""


def document_of(records: Sequence[BuildRecord], key: str, dockerfile: str) -> bytes:
    """``dockerfile``: the name that the service has for it; empty where it is that of this machine."""
    builds = [
        ReportedBuild(
            dockerfile if dockerfile and len(records) == 1 else record.scope.dockerfile,
            record.scope.platform,
            record.event,
            list(record.built),
            list(record.last_builds),
            list(record.not_watched),
            record.network,
        )
        for record in records
        if record.event is not None
    ]
    return msgspec.json.encode(BuildReports(1, key, builds))


def read(body: bytes) -> BuildReports:
    """Raises ReportRefusedError, also where the state would take what it records for damage of its own."""
    try:
        found = msgspec.json.decode(body, type=BuildReports)
        for it in found.builds:
            _check(it)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, DamagedError) as error:
        raise ReportRefusedError(f"not a report of a build: {error}") from None
    return found


def _check(it: ReportedBuild) -> None:
    """As the columns are checked that this is written into. Raises DamagedError."""
    event = it.event
    try:
        instructions = msgspec.json.encode(event.instructions).decode()
    except OverflowError:
        raise DamagedError("the line of an instruction is too large") from None
    checked(("at", "instructions"), [(event.at, instructions)])
    checked(("reference", "identity"), event.took_up)
    for instruction in it.built:
        for _, identity in instruction.built.pairs:
            _check_identity(identity)
    checked(("seconds", "at"), [(last.earlier.seconds, last.earlier.at) for last in it.last_builds])


def _check_identity(written: str) -> None:
    """The next judgement reads it."""
    try:
        read_key_identity(written)
    except ValueError:
        raise DamagedError("it has an identity without a scheme") from None


def record(
    reports: BuildReports, watched: Mapping[str, str], builder: str, store: StateStore, now: int
) -> tuple[str, ...]:
    """Record what is new; the watched Dockerfiles that this concerns.

    ``watched``: name → name in the state. ``builder``: of the service, which looks for its builds alone.
    Raises ReportRefusedError for a Dockerfile that is not watched.
    """
    names = {known_as: name for name, known_as in watched.items()}
    found: list[str] = []
    for it in reports.builds:
        name = it.dockerfile if it.dockerfile in watched else names.get(it.dockerfile)
        if name is None:
            raise ReportRefusedError("a Dockerfile of it is not watched")
        if it.event.at > now + _AHEAD:
            raise ReportRefusedError("the clock of the build is ahead")
        if _record(it, watched[name], builder, store):
            found.append(name)
    return tuple(found)


def _record(it: ReportedBuild, dockerfile: str, builder: str, store: StateStore) -> bool:
    """Whether it is new. One that is older than the last build is history alone."""
    scope = Scope(dockerfile, it.platform, builder or it.event.builder)
    event = replace(it.event, dockerfile=dockerfile, platform=it.platform, builder=scope.builder, engine="")
    before = store.history_of_dockerfile(dockerfile, _LATEST).builds
    if any(_same(event, other) for other in before):
        return False
    is_latest = all(other.at <= event.at for other in before if other.result == "built")
    counts = is_latest and event.result == "built"
    store.record_build(
        BuildRecord(
            scope=scope,
            at=event.at,
            built=it.built if counts else (),
            last_builds=it.last_builds if is_latest else (),
            network=it.network if counts else None,
            not_watched=it.not_watched if counts else (),
            event=event,
        )
    )
    if not any(_same(event, other) for other in store.history_of_dockerfile(dockerfile, _LATEST).builds):
        raise NotRecordedError("the state can't be written now")
    return True


def _same(one: BuildEvent, other: BuildEvent) -> bool:
    """Whether both are of one build: a report is sent again where its answer did not arrive."""
    return (one.at, one.platform, one.result) == (other.at, other.platform, other.result) and [
        (it.stage, it.digest, it.key) for it in one.instructions
    ] == [(it.stage, it.digest, it.key) for it in other.instructions]
