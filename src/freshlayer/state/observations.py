"""Rows of the table of observations ↔ what is recorded of references.

A file may have a million rows, and a run may recall 100,000 of them. So a row repeats nothing that another
column has, and texts and numbers that many rows share are in memory once. In the column ``evidence``, a JSON
array, a number is evidence that other columns have (``columns.IDENTITY``, ``columns.DATE``); a strength is
its number in ``columns.RANKED``, and ``hop`` and ``guessed`` are left out where they are 0. An
``entity_tag`` of ``=`` is the identity in quotes; another one that starts so has one more.
Version 10 had every part in full, with the names of strengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from sys import intern

import msgspec

from freshlayer.evidence import http_date
from freshlayer.model.compact_json import compact
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import LastRecorded, Recorded
from freshlayer.reference import Reference
from freshlayer.state.columns import DATE, IDENTITY, RANKED, Row, WrittenEvidence, evidence_in

_RANKS = {strength: number for number, strength in enumerate(RANKED)}
_STRENGTHS = {strength.value: strength for strength in RANKED}
_SAME = "="
_LAST = 2_000
"""What was read last is kept: it is read again when its origin has answered, and by each Dockerfile."""

_Shared = tuple[str, int, int, str]
"""Strength, times of the last probe and the last full answer, content type."""
_pack = msgspec.msgpack.Encoder().encode
_unpacked = msgspec.msgpack.Decoder(tuple[int, str, str, str, str]).decode
_DATED = "last-modified"


class Recalled(LastRecorded):
    """What is recorded, made from its row when it is read: rows take a fifth of the memory.

    The columns are checked already. ``set``: what is not of a row.
    """

    def __init__(self, rows: Iterable[Row], wanted: Mapping[str, Reference]) -> None:
        self._set: dict[Reference, Recorded] = {}
        self._last: dict[Reference, Recorded] = {}
        self._shared: dict[_Shared, int] = {}
        self._rows: dict[Reference, bytes] = {}
        for text, identity, strength, evidence, entity_tag, dated, *rest in rows:
            number = self._shared.setdefault((strength, *rest), len(self._shared))
            self._rows[wanted[text]] = _pack((number, identity, evidence, entity_tag, dated))
        self._numbered = list(self._shared)

    def __getitem__(self, reference: Reference) -> Recorded:
        found = self._last.get(reference)
        if found is None:
            row = self._rows.get(reference)
            if row is None:
                return self._set[reference]
            number, *columns = _unpacked(row)
            found = _recorded(self._numbered[number], *columns)
            if len(self._last) == _LAST:
                self._last.clear()
            self._last[reference] = found
        return found

    def identity(self, reference: Reference) -> Identity:
        row = self._rows.get(reference)
        if row is None:
            return self._set[reference].identity
        number, text, *_ = _unpacked(row)
        return _identity(text, self._numbered[number][0])

    def __setitem__(self, reference: Reference, recorded: Recorded) -> None:
        self._rows.pop(reference, None)
        self._last.pop(reference, None)
        self._set[reference] = recorded

    def __delitem__(self, reference: Reference) -> None:
        self._last.pop(reference, None)
        if self._set.pop(reference, None) is None:
            del self._rows[reference]

    def __contains__(self, reference: object) -> bool:
        return reference in self._rows or reference in self._set

    def __iter__(self) -> Iterator[Reference]:
        return chain(self._rows, self._set)

    def __len__(self) -> int:
        return len(self._rows) + len(self._set)


def _recorded(shared: _Shared, identity: str, evidence: str, entity_tag: str, dated: str) -> Recorded:
    strength, probed_at, full_answer, content_type = shared
    known = _identity(identity, strength)
    found = tuple([_evidence(part, known, dated) for part in evidence_in(evidence)])
    validators = Validators(_tag(entity_tag, known), dated)
    return Recorded(known, found, validators, probed_at, full_answer, content_type)


def _identity(text: str, strength: str) -> Identity:
    scheme, _, value = text.partition(":")
    return Identity(intern(scheme), value, _STRENGTHS[strength])


def _evidence(part: WrittenEvidence | int, identity: Identity, dated: str) -> Evidence:
    if isinstance(part, int):
        if part == IDENTITY:
            return Evidence(identity.scheme, identity.value, identity.strength)
        # Of a damaged row, 0: a date that no origin states.
        return Evidence(_DATED, str(http_date.seconds(dated) or 0), Strength.WEAK)
    same = part.value == identity.value
    guessed = part.guessed
    if isinstance(part.strength, int):
        strength = RANKED[part.strength]
    else:
        strength = part.strength
        # Version 2 did not keep what was a guess: there only the evidence that is the identity is none.
        guessed = (not same or part.scheme != identity.scheme) if guessed is None else guessed
    value = identity.value if same else part.value
    return Evidence(intern(part.scheme), value, strength, part.hop, guessed=bool(guessed))


def _tag(text: str, identity: Identity) -> str:
    return f'"{identity.value}"' if text == _SAME else text.removeprefix(_SAME)


def row_of(reference: Reference, recorded: Recorded, now: int) -> Row:
    """As the table holds it."""
    identity, tag = recorded.identity, recorded.validators.entity_tag
    dated = recorded.validators.last_modified
    parts = [_part(item, identity, dated) for item in recorded.evidence]
    return (
        reference.text,
        str(identity),
        identity.strength,
        compact(parts),
        _SAME if tag == f'"{identity.value}"' else f"{_SAME if tag.startswith(_SAME) else ''}{tag}",
        dated,
        now,
        now if recorded.full_answer is None else recorded.full_answer,
        recorded.content_type,
    )


def _part(item: Evidence, identity: Identity, dated: str) -> int | list[str | int]:
    rest = [item.hop, int(item.guessed)] if item.hop or item.guessed else []
    if not rest and item.identity == identity:
        return IDENTITY
    is_dated = item.scheme == _DATED and item.strength is Strength.WEAK
    if is_dated and not rest and item.value == str(http_date.seconds(dated)):
        return DATE
    return [item.scheme, item.value, _RANKS[item.strength], *rest]
