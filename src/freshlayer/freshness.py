"""Recorded + observed → verdict, with its reason. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from freshlayer import evidence
from freshlayer.model import (
    Certainty,
    Change,
    Identity,
    Observation,
    Outcome,
    Recorded,
    Strength,
    Verdict,
)

_SHORT_TAG = 16
_SHORT_HASH = 12


def judge(recorded: Recorded | None, observed: Observation) -> Verdict:
    """What became of an input since it was recorded (design rule 2 and 4)."""
    match observed.outcome:
        case Outcome.UNKNOWN:
            return _kept(Change.UNKNOWN, recorded, observed)
        case Outcome.ABSENT:
            return _kept(Change.ABSENT, recorded, observed)
        case Outcome.NOT_MODIFIED if recorded is not None:
            return _not_modified(recorded, observed)
        case _:
            return _first_seen(observed) if recorded is None else _compared(recorded, observed)


def _kept(change: Change, recorded: Recorded | None, observed: Observation) -> Verdict:
    identity = recorded.identity if recorded else None
    return Verdict(observed.reference, change, Certainty.PROBABLE, observed.reason, identity)


def _not_modified(recorded: Recorded, observed: Observation) -> Verdict:
    strong = any(item.scheme == "etag" and item.strength is Strength.STRONG for item in recorded.evidence)
    certain = strong and bool(recorded.validators.entity_tag)
    return Verdict(
        observed.reference,
        Change.UNCHANGED,
        Certainty.CERTAIN if certain else Certainty.PROBABLE,
        "the origin answered 304 Not Modified",
        recorded.identity,
        recorded,
    )


def _first_seen(observed: Observation) -> Verdict:
    best = evidence.strongest(observed.evidence)
    if best is None:
        reason = "the origin gives no evidence"
        return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, None)
    keep = Recorded(best.identity, evidence.union(observed.evidence, ()), observed.validators)
    weak = _weakness(best.identity)
    return Verdict(
        observed.reference,
        Change.FIRST_SEEN,
        Certainty.CERTAIN,
        f"never recorded before; it is {short(best.identity)}{weak}",
        best.identity,
        keep,
    )


def _compared(recorded: Recorded, observed: Observation) -> Verdict:
    comparison = evidence.compare(recorded.evidence, observed.evidence)
    certainty = Certainty.CERTAIN if comparison.certain else Certainty.PROBABLE
    if comparison.same is None or comparison.old is None or comparison.new is None:
        return _incomparable(recorded, observed)
    old, new = comparison.old.identity, comparison.new.identity
    if comparison.same:
        keep = Recorded(
            recorded.identity,
            evidence.union(observed.evidence, recorded.evidence),
            observed.validators,
        )
        reason = f"still {short(new)}{_weakness(new)}"
        return Verdict(observed.reference, Change.UNCHANGED, certainty, reason, recorded.identity, keep)
    best = evidence.strongest(observed.evidence) or comparison.new
    keep = Recorded(best.identity, evidence.union(observed.evidence, ()), observed.validators)
    return Verdict(observed.reference, Change.CHANGED, certainty, contrast(old, new), best.identity, keep)


def _incomparable(recorded: Recorded, observed: Observation) -> Verdict:
    """Nothing in common that could tell: the identity stays, and the new evidence stands beside the old."""
    keep = Recorded(
        recorded.identity,
        evidence.union(observed.evidence, recorded.evidence),
        observed.validators,
    )
    had = ", ".join(item.scheme for item in recorded.evidence) or "nothing"
    has = ", ".join(item.scheme for item in observed.evidence if not item.ignored) or "no evidence"
    reason = f"the origin now gives {has}, where {had} was recorded: the two can't be compared"
    return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, recorded.identity, keep)


def contrast(old: Identity, new: Identity) -> str:
    """``was "…8555", now "…8333"``: as short as the difference allows."""
    before, now = short(old), short(new)
    if before == now:
        before, now = f'"{old.value}"', f'"{new.value}"'
    return f"was {before}, now {now}"


def short(identity: Identity) -> str:
    """An identity for a line of text: the end of a tag, the start of a digest, a date."""
    value = identity.value
    match identity.scheme:
        case "etag":
            core = value.strip("{}-_.:;, ")
            return f'"{value}"' if len(value) <= _SHORT_TAG or not core else f'"…{core[-4:]}"'
        case "sha512" | "sha256" | "sha1" | "md5":
            return f"{identity.scheme}:{value[:_SHORT_HASH]}"
        case "last-modified" | "mtime-s":
            return f"{identity.scheme} {_dated(value)}"
        case _:
            return str(identity)


def _dated(value: str) -> str:
    """``1700000000/5600`` → ``2023-11-14 22:13:20Z, 5600 bytes``."""
    moment, _, length = value.partition("/")
    try:
        at = datetime.fromtimestamp(int(moment), tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return value
    return f"{at}, {length} bytes" if length.isdigit() else at


def _weakness(identity: Identity) -> str:
    if identity.strength in {Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM}:
        return ""
    return f" ({identity.strength} evidence)"
