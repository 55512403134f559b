"""What the state remembers of earlier builds of a Dockerfile, and why it knows none of an instruction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from freshlayer.decisions.marks import Mark
from freshlayer.decisions.plan import NEVER_BUILT
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.observation import Recorded
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Past
from freshlayer.reference import Reference, shown
from freshlayer.state import Elsewhere, Records, Scope
from freshlayer.workflows.session import Session

_LONGEST = 200
_NEVER_BUILT_HERE = Reason("never-built-here")
_EDITED = Reason("edited", detail="edited since the last build")
_NOT_WATCHED_BEFORE = Reason("not-watched-before", detail="its inputs were not watched at the last build")
_NEVER_BUILT_STAGE = Reason("never-built-stage", detail="its stage was never built")
_NEW = Reason("new-dockerfile", detail=f"{NEVER_BUILT}: this Dockerfile is new")


def past_of(
    scope: Scope,
    marks: Mapping[int, Mark],
    reads: Iterable[int],
    recorded: Mapping[Reference, Recorded],
    session: Session,
) -> Past:
    """What is remembered. ``reads``: the numbers of the instructions that have remote inputs."""
    records = session.store.last_builds(scope, list(marks.values()))
    reading = [marks[number] for number in reads if number in marks]
    missing = [mark.digest for mark in reading if mark.place not in records.built]
    known = marks.values() if records.texts is not None else ()
    edited = frozenset(mark.place for mark in known if _is_edited(mark, records))
    return Past(
        recorded,
        records.built,
        records.history,
        unbuilt=_unbuilt(scope, missing, records, session) if missing else None,
        edited=edited,
        not_watched=session.store.not_watched(scope.dockerfile),
    )


def keys_before(
    scope: Scope, instructions: Sequence[InstructionVerdict], session: Session
) -> dict[str, Reason]:
    """New key → whose build had it. From now on, this build had it."""
    keys = [item.key for item in instructions if item.key and item.changed]
    if not keys:
        return {}
    found = session.store.users_of_keys(scope, keys)
    session.store.record_keys(scope, keys)
    return {key: _giver(scope, it.dockerfile, it.builder) for key, it in found.items()}


def _giver(scope: Scope, dockerfile: str, builder: str) -> Reason:
    return Reason("built-elsewhere", detail=_who_built(scope, dockerfile, builder))


def _who_built(scope: Scope, dockerfile: str, builder: str) -> str:
    if dockerfile != scope.dockerfile:
        by = f" by {builder}" if builder != scope.builder else ""
        return f"{shown(dockerfile, _LONGEST)} was built{by} with the same inputs"
    if builder != scope.builder:
        return f"{builder} built it with the same inputs"
    return "an earlier build, which was not recorded, had the same inputs"


def _is_edited(mark: Mark, records: Records) -> bool:
    return records.texts is not None and mark.stage in records.stages and mark.digest not in records.texts


def _unbuilt(
    scope: Scope, digests: Sequence[str], records: Records, session: Session
) -> Callable[[tuple[str, str]], Reason]:
    """Place of an instruction → why no build of it is known: most have the same reason."""
    others = session.store.other_builds(scope, digests)
    empty = not others and session.store.is_empty()

    def why(place: tuple[str, str]) -> Reason:
        mark = Mark(*place, "")
        return _reason(scope, mark, records, others.get(mark.digest), empty=empty)

    return why


def _reason(scope: Scope, mark: Mark, records: Records, other: Elsewhere | None, *, empty: bool) -> Reason:
    if other is not None and other.dockerfile == scope.dockerfile:
        return _otherwise(scope, other)
    if _is_edited(mark, records):
        return _EDITED
    if other is not None:
        detail = f"built from {shown(other.dockerfile, _LONGEST)}, not yet from this Dockerfile"
        return Reason("never-built-from-dockerfile", detail=detail)
    if empty:
        return _NEVER_BUILT_HERE
    if mark.place in records.history:
        return _NOT_WATCHED_BEFORE
    if records.stages and mark.stage not in records.stages:
        return _NEVER_BUILT_STAGE
    if records.stages:
        return NEVER_BUILT
    return _NEW


def _otherwise(scope: Scope, other: Elsewhere) -> Reason:
    """The same instruction of the same Dockerfile, built in another way."""
    if scope.builder and other.builder != scope.builder:
        detail = f"built by {other.builder}, not yet by {scope.builder}"
        return Reason("never-built-by-builder", detail=detail)
    if other.platform != scope.platform:
        there, here = shown(other.platform, _LONGEST), shown(scope.platform, _LONGEST)
        return Reason("never-built-for-platform", detail=f"built for {there}, not yet for {here}")
    if other.engine != scope.engine:
        there, here = shown(other.engine, _LONGEST), shown(scope.engine, _LONGEST)
        return Reason("never-built-on-engine", detail=f"built on {there}, not yet on {here}")
    return NEVER_BUILT
