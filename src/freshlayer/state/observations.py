"""Rows of the table of observations ↔ what is recorded of references.

A file may have a million rows, and a run may recall 100,000 of them. So a row repeats nothing that another
column has, and texts and numbers that many rows share are in memory once. In the column ``evidence``, a JSON
array, a number is evidence that other columns have (``columns.IDENTITY``, ``columns.DATE``); a strength is
its number in ``columns.RANKED``, and ``hop`` and ``guessed`` are left out where they are 0. An
``entity_tag`` of ``=`` is the identity in quotes; another one that starts so has one more.
Version 10 had every part in full, with the names of strengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Any

from freshlayer.evidence import http_date
from freshlayer.model.compact_json import compact
from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Change, Recorded
from freshlayer.reference import Reference
from freshlayer.state.columns import DATE, IDENTITY, RANKED, Row, WrittenEvidence, evidence_in

_RANKS = {strength: number for number, strength in enumerate(RANKED)}
_STRENGTHS = {strength.value: strength for strength in RANKED}
_SAME = "="
_DATED = "last-modified"


def observed(rows: Iterable[Row]) -> Iterator[tuple[Row, Recorded]]:
    """Each row with what it holds. The columns are checked already."""
    once: dict[Any, Any] = {}
    for row in rows:
        _, identity, strength, evidence, entity_tag, *rest = row
        scheme, _, value = identity.partition(":")
        known = Identity(intern(scheme), value, _STRENGTHS[strength])
        for it in rest:
            once.setdefault(it, it)
        dated, *others = [once[it] for it in rest]
        found = tuple([_evidence(part, known, dated) for part in evidence_in(evidence)])
        yield row, Recorded(known, found, Validators(_tag(entity_tag, known), dated), *others)


def _evidence(part: WrittenEvidence | int, identity: Identity, dated: str) -> Evidence:
    if part == IDENTITY:
        return Evidence(identity.scheme, identity.value, identity.strength)
    if isinstance(part, int):
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


def is_as_read(recorded: Recorded, change: Change | None) -> bool:
    """Whether this is what a row has already, but for the time of the last probe: of an answer of 304."""
    return bool(recorded.probed_at) and recorded.full_answer is not None and change is Change.UNCHANGED


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
