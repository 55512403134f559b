"""What differs between two JSON reports: inputs, identities, states, what is not watched. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import asdict

from freshlayer.model.str_enum import StrEnum
from freshlayer.reference import shown
from freshlayer.report.document import VERSION
from freshlayer.report.text import Line

_LONGEST = 300
_UNUSABLE = frozenset({"unknown", "absent"})


class ChangeKind(StrEnum):
    """What kind of thing differs; published in ``docs/schema/diff.json``."""

    DOCKERFILE_ADDED = "dockerfile-added"
    DOCKERFILE_REMOVED = "dockerfile-removed"
    INPUT_ADDED = "input-added"
    INPUT_REMOVED = "input-removed"
    IDENTITY = "identity"
    VERDICT = "verdict"
    STATE = "state"
    PACKAGE_ADDED = "package-added"
    PACKAGE_REMOVED = "package-removed"
    PACKAGE = "package"
    NOT_WATCHED_ADDED = "not-watched-added"
    NOT_WATCHED_REMOVED = "not-watched-removed"


class ReportChange(Struct, frozen=True):
    """One difference. ``line`` is that of the second report, of the first for what is only there; 0: none.

    ``subject``: a reference, an instruction, a package URL, or the text that is not watched.
    """

    kind: ChangeKind
    dockerfile: str
    line: int = 0
    subject: str = ""
    before: str | None = None
    after: str | None = None


class _Place(Struct, frozen=True):
    line: int


class _Input(Struct, frozen=True):
    reference: str
    places: tuple[_Place, ...] = ()
    identity: str | UnsetType | None = UNSET
    verdict: str | UnsetType = UNSET


class _Packages(Struct, frozen=True):
    versions: dict[str, str] | UnsetType | None = UNSET


class _Instruction(Struct, frozen=True):
    line: int
    end_line: int
    stage: str
    instruction: str
    state: str | UnsetType = UNSET
    packages: tuple[_Packages, ...] = ()

    @property
    def versions(self) -> dict[str, str] | None:
        """Package URL → version; None where the report does not list all of them."""
        found: dict[str, str] = {}
        for item in self.packages:
            if isinstance(item.versions, UnsetType) or item.versions is None:
                return None
            found |= item.versions
        return found if self.packages else None


class _Reason(Struct, frozen=True):
    code: str
    text: str


class _NotWatched(Struct, frozen=True):
    line: int
    instruction: str
    text: str
    reason: _Reason


class ReportDocument(Struct, frozen=True):
    """The part of a JSON report that is compared."""

    version: int
    dockerfile: str
    platform: str
    target: str | None = None
    name: str = ""
    inputs: tuple[_Input, ...] = ()
    instructions: tuple[_Instruction, ...] = ()
    not_watched: tuple[_NotWatched, ...] = ()


class _Several(Struct, frozen=True):
    version: int
    dockerfiles: tuple[ReportDocument, ...] = field(default=())


def read(content: bytes) -> tuple[ReportDocument, ...]:
    """The reports of a file. Raises ValueError, with a clause, where it is not one of freshlayer's."""
    try:
        head = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
        found = (
            msgspec.json.decode(content, type=_Several).dockerfiles
            if "dockerfiles" in head
            else (msgspec.json.decode(content, type=ReportDocument),)
        )
        version = msgspec.json.decode(head["version"], type=int)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, KeyError) as error:
        raise ValueError(f"not a JSON report of check, inputs or build: {error}") from None
    if version != VERSION:
        raise ValueError(f"version {version} of the report is not known here, only {VERSION}")
    return found


def differences(
    before: Sequence[ReportDocument], after: Sequence[ReportDocument]
) -> tuple[ReportChange, ...]:
    """Every difference, in the order of the second report. One report each: whatever their paths are."""
    if len(before) == len(after) == 1:
        return tuple(_within(before[0], after[0]))
    first, second = _by_build(before), _by_build(after)
    found: list[ReportChange] = []
    for build, report in second.items():
        other = first.get(build)
        added = ReportChange(ChangeKind.DOCKERFILE_ADDED, report.dockerfile, subject=report.name)
        found += [added] if other is None else _within(other, report)
    for build, report in first.items():
        if build not in second:
            found.append(ReportChange(ChangeKind.DOCKERFILE_REMOVED, report.dockerfile, subject=report.name))
    return tuple(found)


def _by_build(reports: Sequence[ReportDocument]) -> Mapping[tuple[str, ...], ReportDocument]:
    return {(it.dockerfile, it.name, it.target or "", it.platform): it for it in reports}


def _within(before: ReportDocument, after: ReportDocument) -> Iterator[ReportChange]:
    yield from _inputs(before, after)
    yield from _states(before, after)
    yield from _not_watched(before, after)


def _inputs(before: ReportDocument, after: ReportDocument) -> Iterator[ReportChange]:
    first = {item.reference: item for item in before.inputs}
    second = {item.reference: item for item in after.inputs}
    for reference, item in second.items():
        other = first.get(reference)
        place = (after.dockerfile, _line(item), reference)
        if other is None:
            yield ReportChange(ChangeKind.INPUT_ADDED, *place, after=item.identity or None)
            continue
        if UNSET not in {other.identity, item.identity} and other.identity != item.identity:
            yield ReportChange(ChangeKind.IDENTITY, *place, other.identity or None, item.identity or None)
        verdicts = {other.verdict, item.verdict}
        if UNSET not in verdicts and other.verdict != item.verdict and not _UNUSABLE.isdisjoint(verdicts):
            yield ReportChange(ChangeKind.VERDICT, *place, other.verdict or None, item.verdict or None)
    for reference, item in first.items():
        if reference not in second:
            place = (before.dockerfile, _line(item), reference)
            yield ReportChange(ChangeKind.INPUT_REMOVED, *place, before=item.identity or None)


def _line(item: _Input) -> int:
    return item.places[0].line if item.places else 0


def _states(before: ReportDocument, after: ReportDocument) -> Iterator[ReportChange]:
    """Lines shift, so instructions are matched by their order, their words and what they read."""
    first, second = _read_by(before), _read_by(after)
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for start, other, size in matcher.get_matching_blocks():
        for step in range(size):
            was, item = before.instructions[start + step], after.instructions[other + step]
            if UNSET not in {was.state, item.state} and was.state != item.state:
                place = (after.dockerfile, item.line, item.instruction)
                yield ReportChange(ChangeKind.STATE, *place, was.state or None, item.state or None)
            yield from _packages(after.dockerfile, was, item)


def _packages(dockerfile: str, was: _Instruction, item: _Instruction) -> Iterator[ReportChange]:
    """By version, where both reports list them."""
    first, second = was.versions, item.versions
    if first is None or second is None:
        return
    for purl in sorted(first.keys() | second.keys()):
        old, new = first.get(purl), second.get(purl)
        if old != new:
            kind = ChangeKind.PACKAGE_ADDED if old is None else ChangeKind.PACKAGE_REMOVED
            kind = kind if old is None or new is None else ChangeKind.PACKAGE
            yield ReportChange(kind, dockerfile, item.line, purl, old, new)


def _read_by(report: ReportDocument) -> list[tuple[str, str, tuple[str, ...]]]:
    reads: dict[int, list[str]] = {}
    for item in report.inputs:
        for place in item.places:
            reads.setdefault(place.line, []).append(item.reference)
    return [(it.stage, it.instruction, tuple(sorted(reads.get(it.line, ())))) for it in report.instructions]


def _not_watched(before: ReportDocument, after: ReportDocument) -> Iterator[ReportChange]:
    first, second = _missed(before), _missed(after)
    for key, item in second.items():
        if key not in first:
            place = (after.dockerfile, item.line, item.text)
            yield ReportChange(ChangeKind.NOT_WATCHED_ADDED, *place, after=item.reason.text)
    for key, item in first.items():
        if key not in second:
            place = (before.dockerfile, item.line, item.text)
            yield ReportChange(ChangeKind.NOT_WATCHED_REMOVED, *place, before=item.reason.text)


def _missed(report: ReportDocument) -> Mapping[tuple[str, ...], _NotWatched]:
    return {(it.instruction, it.text, it.reason.code): it for it in report.not_watched}


def document(changes: Sequence[ReportChange]) -> dict[str, Any]:
    """For ``--format json``: ``docs/schema/diff.json``."""
    return {"version": VERSION, "changes": [asdict(change) for change in changes]}


def lines(changes: Sequence[ReportChange]) -> Iterator[Line]:
    """One line each; nothing where nothing differs."""
    for change in changes:
        place = shown(change.dockerfile, _LONGEST) + (f":{change.line}" if change.line else "")
        subject = f" {shown(change.subject, _LONGEST)}:" if change.subject else ""
        style = "yellow" if change.kind is ChangeKind.STATE else ""
        yield style, f"{place}:{subject} {what(change)}"


def what(change: ReportChange) -> str:
    """``identity etag:1 → etag:2``, ``input added (etag:1)``."""
    name = change.kind.replace("not-watched", "not watched").replace("-added", " added")
    name = name.replace("-removed", " removed")
    values = [shown(value, _LONGEST) if value else "none" for value in (change.before, change.after)]
    if name.endswith(("added", "removed")):
        value = change.after or change.before
        return f"{name} ({shown(value, _LONGEST)})" if value else name
    return f"{name} {values[0]} → {values[1]}"
