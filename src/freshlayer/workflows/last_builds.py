"""What the state remembers of earlier builds of a Dockerfile, and why it knows none of an instruction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from freshlayer.decisions.marks import Mark
from freshlayer.decisions.plan import NEVER_BUILT
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.observation import Recorded
from freshlayer.model.report import Past
from freshlayer.reference import Reference, shown
from freshlayer.state import Elsewhere, Records, Scope
from freshlayer.workflows.session import Session

_LONGEST = 200


def past_of(
    scope: Scope,
    marks: Mapping[int, Mark],
    reads: Iterable[int],
    recorded: Mapping[Reference, Recorded],
    session: Session,
) -> Past:
    """What is remembered. ``reads``: the numbers of the instructions that have remote inputs."""
    records = session.store.records(scope, list(marks.values()))
    reading = [marks[number] for number in reads if number in marks]
    missing = [mark for mark in reading if mark.place not in records.built]
    edited = frozenset(mark.place for mark in marks.values() if _is_edited(mark, records))
    return Past(
        recorded,
        records.built,
        records.history,
        unbuilt=dict(_unbuilt(scope, missing, records, session)) if missing else {},
        edited=edited,
    )


def keys_before(scope: Scope, instructions: Sequence[InstructionVerdict], session: Session) -> dict[str, str]:
    """New key → whose build had it, as a clause; from now on, this build had it."""
    keys = [item.key for item in instructions if item.key and item.changed]
    if not keys:
        return {}
    found = session.store.given(scope, keys)
    session.store.give(scope, keys)
    return {key: _giver(scope, it.dockerfile, it.builder) for key, it in found.items()}


def _giver(scope: Scope, dockerfile: str, builder: str) -> str:
    if dockerfile != scope.dockerfile:
        by = f" by {builder}" if builder != scope.builder else ""
        return f"{shown(dockerfile, _LONGEST)} was built{by} with the same inputs"
    if builder != scope.builder:
        return f"{builder} built it with the same inputs"
    return "an earlier build, which was not recorded, had the same inputs"


def _is_edited(mark: Mark, records: Records) -> bool:
    return records.texts is not None and mark.stage in records.stages and mark.digest not in records.texts


def _unbuilt(
    scope: Scope, missing: Sequence[Mark], records: Records, session: Session
) -> Iterator[tuple[tuple[str, str], str]]:
    """Place of an instruction → why no build of it is known, as a clause."""
    others = session.store.elsewhere(scope, [mark.digest for mark in missing])
    empty = not others and session.store.is_empty()
    for mark in missing:
        other = others.get(mark.digest)
        yield mark.place, _reason(scope, mark, records, other, empty=empty)


def _reason(scope: Scope, mark: Mark, records: Records, other: Elsewhere | None, *, empty: bool) -> str:
    if other is not None and other.dockerfile == scope.dockerfile:
        return _otherwise(scope, other)
    if _is_edited(mark, records):
        return "edited since the last build"
    if other is not None:
        return f"built from {shown(other.dockerfile, _LONGEST)}, not yet from this Dockerfile"
    if empty:
        return "no build is recorded on this machine"
    if mark.place in records.history:
        return "its inputs were not watched at the last build"
    if records.stages:
        return "its stage was never built" if mark.stage not in records.stages else NEVER_BUILT
    return f"{NEVER_BUILT}: this Dockerfile is new"


def _otherwise(scope: Scope, other: Elsewhere) -> str:
    """The same instruction of the same Dockerfile, built in another way."""
    if scope.builder and other.builder != scope.builder:
        return f"built by {other.builder}, not yet by {scope.builder}"
    if other.platform != scope.platform:
        return f"built for {shown(other.platform, _LONGEST)}, not yet for {shown(scope.platform, _LONGEST)}"
    if other.engine != scope.engine:
        return f"built on {shown(other.engine, _LONGEST)}, not yet on {shown(scope.engine, _LONGEST)}"
    return NEVER_BUILT
