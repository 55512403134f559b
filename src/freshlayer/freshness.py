"""Recorded + observed → verdict, with its reason. Pure."""

from __future__ import annotations

from msgspec.structs import replace

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
    contrast,
)


def judge(recorded: Recorded | None, observed: Observation) -> Verdict:
    """What became of an input since it was recorded (design rule 2 and 4)."""
    match observed.outcome:
        case Outcome.UNKNOWN:
            return _kept(Change.UNKNOWN, recorded, observed)
        case Outcome.ABSENT:
            return _kept(Change.ABSENT, recorded, observed)
        case Outcome.NOT_DUE if recorded is not None:
            return _kept(Change.UNCHANGED, recorded, observed)
        case Outcome.NOT_MODIFIED if recorded is not None:
            return _not_modified(recorded, observed)
        case _:
            return _first_seen(observed) if recorded is None else _compared(recorded, observed)


def relative_to(identity: Identity, verdict: Verdict, recorded: Recorded | None) -> Verdict:
    """The verdict of an input against another identity than the recorded one: what the identities file has.

    A 304 answers the validators of the state, so what is compared is all that is now known of the bytes.
    """
    if not verdict.asked:
        return replace(verdict, identity=identity)
    known = verdict.keep or recorded
    if known is None:
        return verdict
    now = Observation(verdict.reference, Outcome.SEEN, verdict.reason, known.evidence)
    return judge(Recorded.of(identity), now)


def _kept(change: Change, recorded: Recorded | None, observed: Observation) -> Verdict:
    identity = recorded.identity if recorded else None
    return Verdict(observed.reference, change, Certainty.PROBABLE, observed.reason, identity)


def _not_modified(recorded: Recorded, observed: Observation) -> Verdict:
    certain = evidence.is_revalidated(recorded) and not evidence.is_aged(observed.evidence)
    caveat = evidence.said(observed.evidence, recorded.identity.strength)
    return Verdict(
        observed.reference,
        Change.UNCHANGED,
        _certainty(sure=certain),
        f"the origin answered 304 Not Modified{caveat}",
        recorded.identity,
        recorded,
    )


def _first_seen(observed: Observation) -> Verdict:
    best = evidence.strongest(observed.evidence)
    if best is None:
        reason = "the origin gives no evidence"
        return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, None)
    keep = Recorded(best.identity, evidence.union(observed.evidence, ()), observed.validators)
    weak = _weakness(best.identity) + evidence.said(observed.evidence, best.strength)
    return Verdict(
        observed.reference,
        Change.FIRST_SEEN,
        Certainty.CERTAIN,
        f"never recorded before; it is {best.identity.short}{weak}",
        best.identity,
        keep,
    )


def _compared(recorded: Recorded, observed: Observation) -> Verdict:
    comparison = evidence.compare(recorded.evidence, observed.evidence)
    if comparison.same is None or comparison.old is None or comparison.new is None:
        return _incomparable(recorded, observed)
    caveat = evidence.said(observed.evidence, comparison.new.strength)
    old, new = comparison.old.identity, comparison.new.identity
    if comparison.same:
        known = evidence.union(observed.evidence, recorded.evidence)
        keep = Recorded(recorded.identity, known, observed.validators)
        certainty = _certainty(sure=comparison.certain and not evidence.is_aged(observed.evidence))
        reason = f"still {new.short}{_weakness(new)}{caveat}"
        return Verdict(observed.reference, Change.UNCHANGED, certainty, reason, recorded.identity, keep)
    best = evidence.strongest(observed.evidence) or comparison.new
    keep = Recorded(best.identity, evidence.union(observed.evidence, ()), observed.validators)
    certainty, reason = _certainty(sure=comparison.certain), f"{contrast(old, new)}{caveat}"
    return Verdict(observed.reference, Change.CHANGED, certainty, reason, best.identity, keep)


def _certainty(*, sure: bool) -> Certainty:
    return Certainty.CERTAIN if sure else Certainty.PROBABLE


def _incomparable(recorded: Recorded, observed: Observation) -> Verdict:
    """Nothing in common that could tell.

    Where the origin gives an identity all the same, the instruction had better run once more: kept under the
    old one, a change would be lost for ever. Two hashes of different kinds, or a mere length, tell nothing.
    """
    had = ", ".join(item.scheme for item in recorded.evidence) or "nothing"
    has = ", ".join(item.scheme for item in observed.evidence if not item.ignored) or "no evidence"
    reason = f"the origin now gives {has}, where {had} was recorded: the two can't be compared"
    best = evidence.strongest(observed.evidence)
    hashed = any(item.strength is Strength.CONTENT for item in recorded.evidence)
    if best is None or best.strength is Strength.SIZE or (hashed and best.strength is Strength.CONTENT):
        return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, recorded.identity)
    keep = Recorded(best.identity, evidence.union(observed.evidence, ()), observed.validators)
    return Verdict(observed.reference, Change.CHANGED, Certainty.PROBABLE, reason, best.identity, keep)


def _weakness(identity: Identity) -> str:
    if identity.strength in {Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM}:
        return ""
    return f" ({identity.strength} evidence)"
