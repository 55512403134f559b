"""Recorded + observed → verdict, with its reason. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model.evidence import Evidence, Identity, Strength, contrast
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded, Verdict
from freshlayer.model.reasons import Reason, joined

_USUAL = {"etag", "last-modified"}
RETURNED_304 = Reason("not-modified", detail="the origin returned 304 Not Modified")


def judge(recorded: Recorded | None, observed: Observation) -> Verdict:
    """What became of an input since it was recorded (rules 2 and 4 of ARCHITECTURE.md)."""
    match observed.outcome:
        case ProbeOutcome.UNKNOWN:
            return _kept(Change.UNKNOWN, recorded, observed)
        case ProbeOutcome.ABSENT:
            return _kept(Change.ABSENT, recorded, observed)
        case ProbeOutcome.NOT_DUE if recorded is not None:
            return _kept(Change.UNCHANGED, recorded, observed)
        case ProbeOutcome.NOT_MODIFIED if recorded is not None:
            return _not_modified(recorded, observed)
        case _:
            return _first_seen(observed) if recorded is None else _compared(recorded, observed)


def relative_to(identity: Identity, verdict: Verdict, recorded: Recorded | None) -> Verdict:
    """The verdict of an input against another identity than the recorded one: what the lock file has.

    A 304 answers the validators of the state, so what is compared is all that is now known of the bytes.
    """
    if not verdict.is_observed:
        return replace(verdict, identity=identity)
    known = verdict.keep or recorded
    if known is None:
        return verdict
    now = Observation(verdict.reference, ProbeOutcome.SEEN, verdict.reason, known.evidence)
    return judge(Recorded.of(identity), now)


def _kept(change: Change, recorded: Recorded | None, observed: Observation) -> Verdict:
    identity = recorded.identity if recorded else None
    return Verdict(observed.reference, change, Certainty.PROBABLE, observed.reason, identity)


def _not_modified(recorded: Recorded, observed: Observation) -> Verdict:
    found = observed.evidence
    doubtful = bool(found) and (evidence.is_aged(found) or evidence.is_redirected(found))
    certain = evidence.is_revalidated(recorded) and not doubtful
    return Verdict(
        observed.reference,
        Change.UNCHANGED,
        _certainty(sure=certain),
        _with_warnings(RETURNED_304, observed, recorded.identity.strength),
        recorded.identity,
        recorded,
    )


def _first_seen(observed: Observation) -> Verdict:
    best = evidence.strongest(observed.evidence)
    if best is None:
        reason = Reason("no-evidence", detail=f"the origin states {_shortage(observed, None)}")
        return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, None)
    keep = _kept_as(best.identity, evidence.union(observed.evidence, ()), observed)
    detail = f"never recorded before; it is {best.identity.short}"
    if best.strength is Strength.SIZE:
        reason = Reason("first-seen", detail=f"{detail}; the origin states {_shortage(observed, best)}")
    else:
        reason = Reason("first-seen", detail=f"{detail}{_weakness(best.identity)}")
        reason = _with_warnings(reason, observed, best.strength)
    return Verdict(
        observed.reference,
        Change.FIRST_SEEN,
        Certainty.CERTAIN,
        reason,
        best.identity,
        keep,
    )


def _compared(recorded: Recorded, observed: Observation) -> Verdict:
    comparison = evidence.compare(recorded.evidence, observed.evidence)
    if comparison.same is None or comparison.old is None or comparison.new is None:
        return _incomparable(recorded, observed)
    strength = comparison.new.strength
    old, new = comparison.old.identity, comparison.new.identity
    if comparison.same:
        known = evidence.union(observed.evidence, recorded.evidence, certain=comparison.certain)
        keep = _kept_as(recorded.identity, known, observed)
        certainty = _certainty(sure=comparison.certain and not evidence.is_aged(observed.evidence))
        reason = Reason("unchanged", detail=f"still {new.short}{_weakness(new)}")
        reason = _with_warnings(reason, observed, strength)
        notes = tuple(
            it for it in evidence.warnings_for(observed.evidence, strength) if it.code == "index-changed"
        )
        return Verdict(
            observed.reference, Change.UNCHANGED, certainty, reason, recorded.identity, keep, notes
        )
    best = evidence.strongest(observed.evidence) or comparison.new
    keep = _kept_as(best.identity, evidence.union(observed.evidence, ()), observed)
    certainty = _certainty(sure=comparison.certain)
    reason = _with_warnings(Reason("input-changed", detail=contrast(old, new)), observed, strength)
    return Verdict(observed.reference, Change.CHANGED, certainty, reason, best.identity, keep)


def _with_warnings(reason: Reason, observed: Observation, strength: Strength) -> Reason:
    if not observed.evidence:
        return reason
    return joined([reason, *evidence.warnings_for(observed.evidence, strength)])


def _kept_as(identity: Identity, known: tuple[Evidence, ...], observed: Observation) -> Recorded:
    return Recorded(identity, known, observed.validators, content_type=observed.content_type)


def _certainty(*, sure: bool) -> Certainty:
    return Certainty.CERTAIN if sure else Certainty.PROBABLE


def _incomparable(recorded: Recorded, observed: Observation) -> Verdict:
    """The verdict where nothing in common decides.

    If the origin states an identity, the instruction runs once more: under the old one a change would be
    missed. Two hashes of different kinds, or a length alone, decide nothing.
    """
    best = evidence.strongest(observed.evidence)
    reason = _why_incomparable(recorded, observed, best)
    hashed = any(item.strength is Strength.CONTENT for item in recorded.evidence)
    if best is None or best.strength is Strength.SIZE or (hashed and best.strength is Strength.CONTENT):
        return Verdict(observed.reference, Change.UNKNOWN, Certainty.PROBABLE, reason, recorded.identity)
    keep = _kept_as(best.identity, evidence.union(observed.evidence, ()), observed)
    return Verdict(observed.reference, Change.CHANGED, Certainty.PROBABLE, reason, best.identity, keep)


def _why_incomparable(recorded: Recorded, observed: Observation, best: Evidence | None) -> Reason:
    """Names what is on one side alone: equal lengths are on both, and prove nothing."""
    if best is None or best.strength is Strength.SIZE:
        return Reason("no-evidence", detail=f"the origin states {_shortage(observed, best)}")
    before = {item.scheme for item in recorded.evidence}
    has = [item.scheme for item in observed.evidence if not item.ignored and item.scheme not in before]
    now = {item.scheme for item in observed.evidence if not item.ignored}
    had = [item.scheme for item in recorded.evidence if item.scheme not in now]
    gone = f", and {', '.join(had)} was recorded" if had else ", which was not recorded"
    given = ", ".join(dict.fromkeys(has))
    return Reason("incomparable", detail=f"the origin now states {given}{gone}: the two can't be compared")


def _shortage(observed: Observation, best: Evidence | None) -> str:
    """What an answer lacks of which nothing counts, or the length alone; with why the rest does not count."""
    doubts = dict.fromkeys(
        item.ignored.what for item in observed.evidence if item.scheme in _USUAL and item.ignored
    )
    why = f" ({', '.join(doubts)})" if doubts else ""
    if best is None:
        return f"no evidence{why}"
    return f"no stable evidence{why}; its length is {best.value}, and equal lengths prove nothing"


def _weakness(identity: Identity) -> str:
    if identity.strength in {Strength.CONTENT, Strength.STRONG, Strength.CHECKSUM}:
        return ""
    return f" ({identity.strength} evidence)"
