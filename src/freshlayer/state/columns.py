"""What every column of the state may hold, by its name: a row of a damaged state is found out here.

A state file is input like any other: SQLite stores any type in any column, and what it reads may have been
written by a failing disk. Every row of every query is checked, before anything is made of it.

Without ``from __future__ import annotations``, as ``analyses.form``: each run decodes evidence.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from freshlayer.errors import StateError
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.observation import Change

Row = tuple[Any, ...]

_LAST_MOMENT = 253_402_300_799
"""The last second of the year 9999, which is the last one that a date is made of."""

_MOST = 2**53


class DamagedError(StateError):
    """The file does not hold what freshlayer writes."""


def checked(names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The rows of a query, if every value is one that its column may hold. Raises DamagedError."""
    for name, values in zip(names, zip(*rows, strict=True), strict=bool(rows)):
        check = _COLUMNS.get(name, _is_plain)
        # Most rows share the values of most columns. With its type, as 1 and 1.0 are equal.
        for _, value in set(zip(map(type, values), values, strict=True)):
            if not _passes(check, value):
                raise DamagedError(f"column {name} holds what freshlayer does not write")
    return list(rows)


def _passes(check: Callable[[Any], bool], value: object) -> bool:
    try:
        return check(value)
    except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError):
        return False


def _is_plain(value: object) -> bool:
    """A text, or a number of rows: what is not in the table below is one of these."""
    return isinstance(value, str) or _is_count(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < _MOST


def _is_moment(value: object) -> bool:
    """Seconds since 1970."""
    return isinstance(value, int) and 0 <= value <= _LAST_MOMENT


def _is_bytes(value: object) -> bool:
    return isinstance(value, bytes)


def _is_duration(value: object) -> bool:
    """Neither is infinity below the bound, nor a value that is not a number."""
    return value is None or (isinstance(value, int | float) and 0 <= value < _MOST)


def _is_strength(value: object) -> bool:
    return isinstance(value, str) and bool(Strength(value))


def _is_identity(value: object) -> bool:
    return isinstance(value, str) and bool(Identity.parse(value, Strength.NONE))


pairs_in = msgspec.json.Decoder(list[tuple[str, str]]).decode
"""Text of a column → its pairs."""


def _is_pairs(value: object) -> bool:
    """JSON: [[reference, identity], …]."""
    return isinstance(value, str) and isinstance(pairs_in(value), list)


RANKED = (
    *(Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM, Strength.WEAK, Strength.HEURISTIC, Strength.SIZE),
    Strength.NONE,
)
"""Strengths by the numbers that a column has for them. The order is that of files: it never changes."""

IDENTITY, DATE = 0, 1
"""Evidence that other columns have: the identity; the date of ``last_modified``."""


class WrittenEvidence(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """JSON: [scheme, value, strength, hop, guessed]; the last two came later."""

    scheme: str
    value: str
    strength: Strength | Annotated[int, msgspec.Meta(ge=0, lt=len(RANKED))]
    hop: int = 0
    guessed: int | None = None


_Elsewhere = Annotated[int, msgspec.Meta(ge=IDENTITY, le=DATE)]
evidence_in = msgspec.json.Decoder(list[WrittenEvidence | _Elsewhere]).decode
"""Text of a column → its parts."""


def _is_evidence(value: object) -> bool:
    return isinstance(value, str) and isinstance(evidence_in(value), list)


def _is_verdict(value: object) -> bool:
    return isinstance(value, str) and bool(Change(value))


def _are_instructions(value: object) -> bool:
    """JSON: what a build did with each of its instructions."""
    from freshlayer.model.history import InstructionEvent  # noqa: PLC0415 - of a history

    if not isinstance(value, str):
        return False
    found = msgspec.json.decode(value, type=list[InstructionEvent])
    return all(_is_duration(it.seconds) and _is_duration(it.saved) and _is_count(it.line) for it in found)


def _is_standing(value: object) -> bool:
    from freshlayer.model.watched import Standing  # noqa: PLC0415 - the service alone reads such a column

    return isinstance(value, str) and isinstance(msgspec.json.decode(value, type=Standing), Standing)


_COLUMNS: Mapping[str, Callable[[Any], bool]] = {
    "identity": _is_identity,
    "strength": _is_strength,
    "evidence": _is_evidence,
    "pairs": _is_pairs,
    "seconds": _is_duration,
    "asked": _is_moment,
    "full_answer": _is_moment,
    "at": _is_moment,
    "verdict": _is_verdict,
    "instructions": _are_instructions,
    "bytes": _is_count,
    "times": _is_count,
    "number": _is_count,
    "script": _is_bytes,
    "slot": _is_count,
    "stale": _is_count,
    "unknown": _is_count,
    "never": _is_count,
    "standing": _is_standing,
}
