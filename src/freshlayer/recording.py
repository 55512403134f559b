"""What stays of a look and of a build: observations, what was built, durations, the identities file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from freshlayer.asking import Rooms
from freshlayer.context import Source
from freshlayer.errors import StateError
from freshlayer.fates import attempted, remembered
from freshlayer.happened import COUNTED
from freshlayer.model import Built, Identity, Recorded, Report, Verdict
from freshlayer.reading import Question
from freshlayer.reference import Reference
from freshlayer.state import BuiltRecord, HistoryRecord, Scope, write_identities


def scope_of(source: Source, question: Question) -> Scope:
    """Under what a build is recorded."""
    return Scope(source.known_as, question.platform, question.builder)


def kept(verdicts: Mapping[Reference, Verdict]) -> dict[Reference, Recorded]:
    """What the state should hold from now on."""
    return {reference: verdict.keep for reference, verdict in verdicts.items() if verdict.keep}


def remember(
    source: Source, question: Question, report: Report, moved: Mapping[Reference, str], rooms: Rooms
) -> bool:
    """Whether it was recorded: a build that an origin changed under is not, a failed one neither."""
    tainted = [
        (reference.text, str(report.verdicts[reference].identity))
        for reference in moved
        if report.verdicts[reference].identity
    ]
    succeeded = report.exit_code == 0 and not moved
    built = [
        BuiltRecord(item.stage, item.digest, Built(item.pairs, item.key))
        for item in report.instructions
        if item.pairs and not any(identity.startswith("nonce:") for _, identity in item.pairs)
    ]
    rooms.store.record(
        kept(report.verdicts) if succeeded else {},
        rooms.now,
        scope_of(source, question),
        built if succeeded else (),
        tainted,
        _history(report, rooms.now, recorded=succeeded),
    )
    return succeeded


def _history(report: Report, now: int, *, recorded: bool) -> Iterator[HistoryRecord]:
    for item in report.instructions:
        before = report.past.history.get((item.stage, item.digest))
        if item.instruction in COUNTED and recorded:
            yield HistoryRecord(item.stage, item.digest, remembered(item, before, now))
        elif before is not None:
            yield HistoryRecord(item.stage, item.digest, attempted(item, before))


def keep_identities(built: Sequence[tuple[Source, Report]], rooms: Rooms) -> None:
    """Several targets may share a Dockerfile, which then uses what any of them reads."""
    path, found = rooms.identities_path, dict[str, dict[str, Identity]]()
    if path is None:
        return
    for source, report in built:
        known = {r.text: verdict.identity for r, verdict in report.verdicts.items() if verdict.identity}
        found.setdefault(_user(path, source), {}).update(known)
    try:
        for user, identities in found.items():
            write_identities(path, user, list(identities.items()))
    except (OSError, StateError) as error:
        rooms.warn(f"{path}: the identities were not written: {error}")


def _user(path: Path, source: Source) -> str:
    """The Dockerfile's name as seen from the identities file, so that it means the same on every machine."""
    if source.path is None:
        return source.shown
    where, home = source.path.resolve(), path.resolve().parent
    return where.relative_to(home).as_posix() if where.is_relative_to(home) else where.name
