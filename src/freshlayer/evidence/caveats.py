"""What a verdict has to say beside its evidence.

What lets even good evidence mislead: an answer out of a cache, and a file that may still be changing; and
what only the protocol knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.evidence import http_date
from freshlayer.evidence.hop import Hop
from freshlayer.model.evidence import Evidence, Strength

AGE = "age"
YOUNG = "young"
TOLD = "told"
REDIRECT = "redirect"
_YOUNG = 2
_DOUBTFUL = {Strength.WEAK, Strength.HEURISTIC}


def caveats(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """Caveats as evidence that never counts, its reason in ``ignored``; of a 304 as of any other answer."""
    aged = [item for number, hop in enumerate(hops) for item in _aged(hop, number)]
    return (*aged, *(_young(hops[-1], len(hops) - 1) if hops else ()))


def redirected(hops: tuple[Hop, ...]) -> tuple[Evidence, ...]:
    """That a redirect led to the answer: today it may lead to another resource, with tags of its own."""
    why = "a redirect led to it"
    return (Evidence(REDIRECT, "", Strength.NONE, len(hops) - 1, why),) if len(hops) > 1 else ()


def told(clause: str, value: str = "") -> Evidence:
    """What a person should read beside the verdict, as evidence that never counts."""
    return Evidence(TOLD, value, Strength.NONE, ignored=clause)


def _aged(hop: Hop, number: int) -> Iterator[Evidence]:
    """RFC 9111 §5.1: where there is an Age, a cache answered and did not ask the origin for it."""
    age = hop.one("age")
    if re.fullmatch(r"[0-9]{1,10}", age):
        why = f"a cache answered with what it got {int(age)} s ago: possibly stale"
        yield Evidence(AGE, age, Strength.NONE, number, why)


def _young(hop: Hop, number: int) -> Iterator[Evidence]:
    if is_young(hop):
        why = (
            "changed less than two seconds before the answer: it may change again under the same date and tag"
        )
        yield Evidence(YOUNG, hop.one("last-modified"), Strength.NONE, number, why)


def is_young(hop: Hop) -> bool:
    """Whether the file changed less than two seconds ago: it may change again under the same date and tag."""
    date, modified = http_date.seconds(hop.one("date")), http_date.seconds(hop.one("last-modified"))
    return date is not None and modified is not None and 0 <= date - modified < _YOUNG


def is_aged(evidence: tuple[Evidence, ...]) -> bool:
    """Whether the answer, or a redirect to it, came out of a cache."""
    return any(item.scheme == AGE for item in evidence)


def is_redirected(evidence: tuple[Evidence, ...]) -> bool:
    """Whether a redirect led to the answer."""
    return any(item.scheme == REDIRECT for item in evidence)


def said(evidence: tuple[Evidence, ...], decided: Strength) -> str:
    """The caveats of a verdict that rests on evidence of one strength: clauses to append, or nothing.

    A young file matters only where a date, or a tag made of one, is all that there is.
    """
    wanted = {AGE, TOLD, YOUNG} if decided in _DOUBTFUL else {AGE, TOLD}
    reasons = dict.fromkeys(item.ignored for item in evidence if item.scheme in wanted)
    return "".join(f"; {reason}" for reason in reasons)
