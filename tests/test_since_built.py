"""The verdict of an input is relative to what its instruction was last built with."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from freshlayer.decisions.since_built import relative
from freshlayer.decisions.verdict import judge
from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.observation import Certainty, Change, Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.reference import parse

URL = parse("https://example.org/a")


def recorded(value: str, scheme: str = "etag", strength: Strength = Strength.STRONG) -> Recorded:
    return Recorded.of(Identity(scheme, value, strength))


def seen(value: str, scheme: str = "etag", strength: Strength = Strength.STRONG) -> Observation:
    return Observation(URL, ProbeOutcome.SEEN, Reason("observed"), (Evidence(scheme, value, strength),))


ROWS = [
    ("as it was built", "1", "1", ["etag:1"], Change.UNCHANGED),
    ("changed since this check and the build", "1", "2", ["etag:1"], Change.CHANGED),
    ("another check has seen it already", "2", "2", ["etag:1"], Change.CHANGED),
    ("back at what was built", "2", "1", ["etag:1"], Change.UNCHANGED),
    ("one of two instructions has it", "2", "2", ["etag:2", "etag:1"], Change.CHANGED),
    ("never built", "1", "1", [None], Change.FIRST_SEEN),
    ("never built, and it moved", "1", "2", [None], Change.FIRST_SEEN),
    ("built while it could not be probed", "1", "1", ["unseen"], Change.CHANGED),
    ("built under a taint", "1", "1", ["etag:1~2"], Change.UNCHANGED),
]


@pytest.mark.parametrize(
    ("old", "new", "built", "change"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_the_verdict_is_relative_to_the_last_build(
    old: str, new: str, built: list[str | None], change: Change
) -> None:
    before = recorded(old)
    verdict = judge(before, seen(new))
    found = relative(verdict, before, built)
    assert found.change is change
    # What is recorded, and what goes into the key, is the observation's.
    assert (found.identity, found.keep) == (verdict.identity, verdict.keep)


def test_digests_that_differ_are_certain_though_nobody_saw_the_change() -> None:
    old, new = "a" * 64, "b" * 64
    before = recorded(new, "sha256", Strength.CONTENT)
    found = relative(judge(before, seen(new, "sha256", Strength.CONTENT)), before, [f"sha256:{old}"])
    assert (found.change, found.certainty) == (Change.CHANGED, Certainty.CERTAIN)


@pytest.mark.parametrize("outcome", [ProbeOutcome.UNKNOWN, ProbeOutcome.ABSENT])
def test_what_was_not_answered_stays_as_it_is(outcome: ProbeOutcome) -> None:
    verdict = judge(recorded("1"), replace(seen("1"), outcome=outcome))
    assert relative(verdict, recorded("1"), ["etag:0"]) == verdict
