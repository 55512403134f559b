"""Warnings of a verdict: what limits even good evidence.

An answer from a cache, a file that may still be changing, and notes that only the protocol can give.
"""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.evidence import http_date
from freshlayer.evidence.hop import Hop
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.reasons import Reason

AGE = "age"
YOUNG = "young"
NOTE = "note"
REDIRECT = "redirect"
_YOUNG = 2
_MOST_DIGITS = 10
_DOUBTFUL = {Strength.WEAK, Strength.HEURISTIC}


def warnings_of(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """Warnings as evidence that never counts, the warning in ``ignored``; of a 304 as of any other answer."""
    found: tuple[Evidence, ...] = ()
    for number, hop in enumerate(hops):
        if "age" in hop.names:
            found += tuple(_aged(hop, number))
    return found + _young(hops[-1], len(hops) - 1) if hops and is_young(hops[-1]) else found


def redirect_warning(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """That the answer came after a redirect: its target may differ today, with other tags."""
    number = len(hops) - 1
    return (Evidence(REDIRECT, "", Strength.NONE, number, Reason("redirected")),) if number > 0 else ()


def note(reason: Reason, value: str = "") -> Evidence:
    """A reason to print with the verdict, as evidence that never counts."""
    return Evidence(NOTE, value, Strength.NONE, ignored=reason)


def _aged(hop: Hop, number: int) -> Iterator[Evidence]:
    """RFC 9111 §5.1: with an Age, a cache answered without a request to the origin."""
    age = hop.one("age")
    if age.isascii() and age.isdecimal() and len(age) <= _MOST_DIGITS:
        detail = f"a cache returned an answer that is {int(age)} s old, which may be out of date"
        yield Evidence(AGE, age, Strength.NONE, number, Reason("answer-from-cache", detail=detail))


def _young(hop: Hop, number: int) -> tuple[Evidence, ...]:
    return (Evidence(YOUNG, hop.one("last-modified"), Strength.NONE, number, Reason("file-too-young")),)


def is_young(hop: Hop) -> bool:
    """Whether the file changed less than two seconds ago: it may change again with the same date and tag."""
    text = hop.one("last-modified")
    modified = http_date.seconds(text) if text else None
    date = None if modified is None else http_date.seconds(hop.one("date"))
    return date is not None and modified is not None and 0 <= date - modified < _YOUNG


def is_aged(evidence: tuple[Evidence, ...]) -> bool:
    """Whether the answer, or a redirect before it, came from a cache."""
    return any(item.scheme == AGE for item in evidence)


def is_redirected(evidence: tuple[Evidence, ...]) -> bool:
    """Whether the answer came after a redirect."""
    return any(item.scheme == REDIRECT for item in evidence)


def warnings_for(evidence: tuple[Evidence, ...], decided: Strength) -> tuple[Reason, ...]:
    """The warnings of a verdict that is based on evidence of one strength.

    A young file matters only where a date, or a tag made of one, is the best evidence.
    """
    wanted = {AGE, NOTE, YOUNG} if decided in _DOUBTFUL else {AGE, NOTE}
    reasons = (item.ignored for item in evidence if item.scheme in wanted)
    return tuple(dict.fromkeys(reason for reason in reasons if reason is not None))
