"""What stays of a look and of a build: observations, what was built, durations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from freshlayer.asking import Rooms
from freshlayer.context import Source
from freshlayer.fates import attempted, remembered
from freshlayer.model import Built, InstructionVerdict, Recorded, Report, Verdict
from freshlayer.reading import Question
from freshlayer.reference import Reference
from freshlayer.state import BuiltRecord, HistoryRecord, Scope


def scope_of(source: Source, question: Question) -> Scope:
    """Under what a build is recorded."""
    return Scope(source.known_as, question.platform, question.builder, question.engine)


def as_built(source: Source, question: Question, rooms: Rooms) -> Question:
    """The question about the network that the last build was given, where it names none itself.

    It decides whether loopback is this machine's. Where nothing was built both are taken for possible.
    """
    if question.network is not None:
        return question
    return replace(question, network=rooms.store.network(source.known_as))


def kept(verdicts: Mapping[Reference, Verdict]) -> dict[Reference, Recorded]:
    """What the state should hold from now on."""
    return {reference: verdict.keep for reference, verdict in verdicts.items() if verdict.keep}


def remember(
    source: Source,
    question: Question,
    report: Report,
    moved: Mapping[Reference, str],
    rooms: Rooms,
    images: Mapping[str, str] | None = None,
) -> bool:
    """Whether it was recorded: a build that an origin changed under is not, a failed one neither."""
    tainted = [
        (reference.text, str(report.verdicts[reference].identity))
        for reference in moved
        if report.verdicts[reference].identity
    ]
    succeeded = report.exit_code == 0 and not moved
    built = [
        BuiltRecord(item.stage, item.digest, Built(item.pairs, item.key), item.chain)
        for item in report.instructions
        if _is_recorded(item, report)
    ]
    rooms.store.record(
        kept(report.verdicts) if succeeded else {},
        rooms.now,
        scope_of(source, question),
        built if succeeded else (),
        tainted,
        _history(report, rooms.now, recorded=succeeded),
        tags=images if succeeded else None,
        network=question.network if succeeded else None,
    )
    return succeeded


def _is_recorded(item: InstructionVerdict, report: Report) -> bool:
    """What has inputs; what had a key, and has none now."""
    if any(identity.startswith("nonce:") for _, identity in item.pairs):
        return False
    return bool(item.pairs) or (item.stage, item.digest) in report.past.built


def _history(report: Report, now: int, *, recorded: bool) -> Iterator[HistoryRecord]:
    for item in report.instructions:
        before = report.past.history.get((item.stage, item.digest))
        if recorded:
            yield HistoryRecord(item.stage, item.digest, remembered(item, before, now))
        elif before is not None:
            yield HistoryRecord(item.stage, item.digest, attempted(item, before))
