"""The Dockerfile as bands: each instruction with its state and all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from freshlayer.decisions.packages import untainted
from freshlayer.model.build import InstructionState, InstructionVerdict
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.inputs import NotWatched, Place, RemoteInput
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.model.package_references import manager_of
from freshlayer.model.reasons import familiar, hint_of, with_hint
from freshlayer.model.report import Report
from freshlayer.report.packages import unknown_reason
from freshlayer.report.page.view import Band, BandKind, EvidenceRow, Note, PackageRow, Read
from freshlayer.report.text import duration, via

_Item = TypeVar("_Item")
_Key = TypeVar("_Key")

_MOST = 100
"""Inputs, notes and packages of an instruction that are shown."""
_MOST_EVIDENCE = 40

WORDS = {
    BandKind.OWN: "Stale",
    BandKind.FOLLOWS: "Stale",
    BandKind.UNKNOWN: "Unknown",
    BandKind.UNWATCHED: "Not watched",
    BandKind.FRESH: "Fresh",
    BandKind.WATCHED: "Watched",
    BandKind.PLAIN: "",
}


class _Known(Struct, frozen=True):
    """What a report knows of each line."""

    report: Report
    reads: Mapping[int, list[tuple[RemoteInput, Place]]]
    missed: Mapping[int, list[NotWatched]]
    covered: Mapping[int, list[NotWatched]]
    advice: Mapping[int, list[str]]

    @property
    def noted(self) -> set[int]:
        """Lines of which something is known."""
        return {*self.reads, *self.missed, *self.covered, *self.advice}


def bands(report: Report) -> tuple[Band, ...]:
    """In the order of the file; lines between instructions are bands without a state."""
    known = _Known(
        report,
        _grouped((place.line, (item, place)) for item in report.inputs for place in item.places),
        _grouped((item.line, item) for item in report.not_watched),
        _grouped((item.line, item) for item in report.covered),
        _grouped((item.line, item.text) for item in report.advice),
    )
    return tuple(_bands(known, report.lines()))


def _bands(known: _Known, lines: tuple[str, ...]) -> Iterator[Band]:
    at = 1
    for item in sorted(known.report.instructions, key=lambda item: item.line):
        yield from _between(known, lines, at, item.line)
        yield _band(known, item, lines)
        at = max(at, item.end_line + 1)
    last = max([len(lines), *known.noted])
    yield from _between(known, lines, at, last + 1)


def _between(known: _Known, lines: tuple[str, ...], start: int, end: int) -> Iterator[Band]:
    """Comments, blank lines, and instructions that the build does not need: these may have notes."""
    if start >= end:
        return
    noted = {line for line in known.noted if start <= line < end}
    starts = sorted({start, *noted})
    for first, following in zip(starts, [*starts[1:], end], strict=True):
        shown = _numbered(lines, first, following - 1)
        notes = tuple(_notes(known, first))
        if shown or notes:
            missed = any(not item.warns for item in known.missed.get(first, ()))
            kind = BandKind.UNWATCHED if missed else BandKind.PLAIN
            yield Band(
                kind,
                first,
                shown or ((first, ""),),
                WORDS[kind],
                notes=notes[:_MOST],
                left=len(notes[_MOST:]),
            )


def _band(known: _Known, item: InstructionVerdict, lines: tuple[str, ...]) -> Band:
    kind = _kind(known, item)
    reads = [_read(known.report, item, one, place) for one, place in known.reads.get(item.line, ())]
    reads.sort(key=lambda read: not read.moved)
    notes = tuple(_notes(known, item.line, item))
    packages = tuple(_packages(item))
    # What the rows of its inputs state is not repeated.
    repeated = kind is BandKind.OWN and (packages or any(read.old for read in reads))
    # An instruction that keeps what is recorded is fresh by its own reason, while an input of it is unknown.
    kept = kind is BandKind.UNKNOWN and item.state is not InstructionState.UNKNOWN
    explained = kind in _EXPLAINED and not repeated and not kept
    why, code = (item.reason.what, item.reason.code) if explained else ("", "")
    return Band(
        kind=kind,
        line=item.line,
        lines=_numbered(lines, item.line, item.end_line) or ((item.line, item.instruction),),
        word=WORDS[kind],
        why=f"{item.reason.subject}: {why}" if why and item.reason.subject else why,
        code=code,
        cost=_cost(known.report, item),
        reads=tuple(reads[:_MOST]),
        notes=notes[:_MOST],
        packages=packages[:_MOST],
        left=sum(len(items[_MOST:]) for items in (reads, notes, packages)),
    )


_EXPLAINED = frozenset({BandKind.OWN, BandKind.FOLLOWS, BandKind.UNKNOWN, BandKind.FRESH})


def is_own_stale(item: InstructionVerdict) -> bool:
    """Whether it is stale for more than an instruction before it."""
    return item.state is InstructionState.STALE and item.reason.code != "follows"


def _kind(known: _Known, item: InstructionVerdict) -> BandKind:
    """Not fresh where something that it reads is not watched."""
    if is_own_stale(item):
        return BandKind.OWN
    read = (known.report.verdicts.get(one.reference) for one, _ in known.reads.get(item.line, ()))
    unknown = any(verdict is not None and not verdict.is_observed for verdict in read)
    if unknown or item.state is InstructionState.UNKNOWN:
        return BandKind.UNKNOWN
    if any(not one.warns for one in known.missed.get(item.line, ())):
        return BandKind.UNWATCHED
    if item.state is InstructionState.STALE:
        return BandKind.FOLLOWS
    if not (item.line in known.reads or item.pairs or item.packages):
        return BandKind.PLAIN
    return BandKind.FRESH if known.report.verdicts or item.packages else BandKind.WATCHED


def _numbered(lines: tuple[str, ...], start: int, end: int) -> tuple[tuple[int, str], ...]:
    return tuple(enumerate(lines[start - 1 : end], start))


def _cost(report: Report, item: InstructionVerdict) -> str:
    if item.outcome is not None:
        took = f" {duration(item.outcome.seconds)}" if item.outcome.seconds is not None else ""
        return "cached" if item.outcome.cached else f"ran{took}"
    last = report.past.history.get((item.stage, item.digest))
    return f"last took {duration(last.seconds)}" if last and last.seconds is not None else ""


def _read(report: Report, item: InstructionVerdict, one: RemoteInput, place: Place) -> Read:
    verdict = report.verdicts.get(one.reference)
    how = f"{place.via}{via(place.script)}"
    if verdict is None:
        return Read(familiar(str(one.reference)), how, moved=False)
    before = built_with(report, item).get(one.reference.text, "") if verdict.is_observed else ""
    old, new = contrasted(before, verdict.identity)
    moved = bool(old) or not verdict.is_observed
    recorded = report.past.recorded.get(one.reference)
    return Read(
        reference=familiar(str(one.reference)),
        via=how,
        moved=moved,
        old=old,
        new=new,
        why=_why(verdict, changed=bool(old)),
        code=verdict.reason.code,
        certainty=str(verdict.certainty) if verdict.is_observed else "",
        evidence=_evidence(verdict, recorded),
        identity=verdict.identity.short if verdict.identity and not old else "",
    )


def _why(verdict: Verdict, *, changed: bool) -> str:
    """The identities are all that there is to a change."""
    if not verdict.is_observed:
        return with_hint(verdict.reason).text
    return "" if changed and verdict.reason.code == "input-changed" else verdict.reason.text


def built_with(report: Report, item: InstructionVerdict) -> dict[str, str]:
    """Reference → the written identity that the instruction was last built with."""
    built = report.past.built.get((item.stage, item.digest))
    return {reference: untainted(text) for reference, text in built.pairs} if built else {}


def contrasted(before: str, now: Identity | None) -> tuple[str, str]:
    """Both identities, as short as their difference allows; empty where they are equal or not known."""
    if not before or now is None or before == str(now):
        return "", ""
    try:
        old = Identity.parse(before, Strength.NONE)
    except ValueError:
        return before, now.short
    return (old.short, now.short) if old.short != now.short else (str(old), str(now))


def _evidence(verdict: Verdict, recorded: Recorded | None) -> tuple[EvidenceRow, ...]:
    """Without an answer that counts, what is recorded."""
    before = recorded.evidence if recorded else ()
    if not verdict.is_observed:
        return evidence_rows((), before)
    return evidence_rows(verdict.keep.evidence if verdict.keep else before, before)


def evidence_rows(now: tuple[Evidence, ...], before: tuple[Evidence, ...]) -> tuple[EvidenceRow, ...]:
    """What an origin states now, each beside what it stated; where it states nothing, what it stated."""
    known = {(item.scheme, item.hop): item.value for item in before}
    if not now:
        return tuple(_row(item, item.value, "") for item in before[:_MOST_EVIDENCE])
    return tuple(
        _row(item, known.get((item.scheme, item.hop), ""), item.value) for item in now[:_MOST_EVIDENCE]
    )


def _row(item: Evidence, before: str, now: str) -> EvidenceRow:
    ignored = str(item.ignored) if item.ignored else ""
    return EvidenceRow(item.hop, item.scheme, before, now, str(item.strength), ignored)


def _packages(item: InstructionVerdict) -> Iterator[PackageRow]:
    for verdict in item.packages:
        for change in sorted(verdict.changes, key=lambda change: not change.security):
            words = ", ".join(change.wanted_by)
            yield PackageRow(change.name, change.before, change.now, change.security, words)


def _notes(known: _Known, line: int, item: InstructionVerdict | None = None) -> Iterator[Note]:
    if item is None:
        yield from (_frontend(known.report, one) for one, _ in known.reads.get(line, ()))
    for packages in item.packages if item else ():
        if packages.problem:
            reason = with_hint(unknown_reason(packages))
            yield Note("Packages not known", packages.manager, reason.what, reason.code, reason.hint)
    for missed in known.missed.get(line, ()):
        yield _missed(missed)
    for covered in known.covered.get(line, ()):
        by = f"locked by {covered.locked_by}" if covered.locked_by else covered.reason.text
        why = f"decided by {covered.covered_by}" if covered.covered_by else by
        yield Note("Locked" if covered.is_locked else "Covered", covered.text, why)
    for text in known.advice.get(line, ()):
        yield Note("Advice", "", text)
    if item is not None and item.edited:
        yield Note("Edited", "", "its text differs from that of the last build")
    if item is not None and item.pairs:
        yield from _key(known.report, item)


def _frontend(report: Report, one: RemoteInput) -> Note:
    """An input of a line that is not an instruction."""
    verdict = report.verdicts.get(one.reference)
    if verdict is None:
        return Note("Reads", familiar(str(one.reference)), "no instruction is stale for it")
    return Note("Reads", familiar(str(one.reference)), verdict.reason.text, verdict.reason.code)


def _missed(item: NotWatched) -> Note:
    title = "May not update" if item.warns else "Accepted" if item.accepted else "Not watched"
    hint = item.reason.hint or hint_of(item.reason.code)
    return Note(
        title,
        f"{item.text}{via(item.script)}",
        item.reason.what,
        item.reason.code,
        "" if hint == "nothing" else hint,
    )


def _key(report: Report, item: InstructionVerdict) -> Iterator[Note]:
    """Inputs that the last build had, and that the instruction no longer names."""
    now = dict(item.pairs)
    gone = [text for text in built_with(report, item) if text not in now and not manager_of(text)]
    for reference in gone:
        yield Note("No longer read", reference, "the last build read it")


def _grouped(pairs: Iterable[tuple[_Key, _Item]]) -> dict[_Key, list[_Item]]:
    found: dict[_Key, list[_Item]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return found
