"""Rows of the table of observations ↔ what is recorded of references.

A run may recall 100,000 of them: texts and numbers that many rows share are in memory once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Any

import msgspec

from freshlayer.model.evidence import Evidence, Identity, Strength, Validators
from freshlayer.model.observation import Recorded
from freshlayer.reference import Reference
from freshlayer.state import events
from freshlayer.state.columns import Row

_STRENGTHS = {strength.value: strength for strength in Strength}
_parts = msgspec.json.Decoder(list[list[Any]]).decode


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
        yield row, Recorded(known, _evidence(evidence, known), Validators(entity_tag, dated), *others)


def _evidence(text: str, identity: Identity) -> tuple[Evidence, ...]:
    """Version 2 did not keep what was a guess: there only the evidence that is the identity is none."""
    found = []
    for scheme, value, strength, *rest in _parts(text):
        same = value == identity.value
        hop, guessed = rest if len(rest) > 1 else ((rest or [0])[0], not same or scheme != identity.scheme)
        own = identity.value if same else value
        found.append(Evidence(intern(scheme), own, _STRENGTHS[strength], int(hop), guessed=bool(guessed)))
    return tuple(found)


def row_of(reference: Reference, recorded: Recorded, now: int) -> Row:
    """As the table holds it."""
    return (
        reference.text,
        str(recorded.identity),
        recorded.identity.strength,
        events.evidence_text(recorded.evidence),
        recorded.validators.entity_tag,
        recorded.validators.last_modified,
        now,
        now if recorded.full_answer is None else recorded.full_answer,
        recorded.content_type,
    )
