"""Random histories of origins: no certain verdict is wrong. See testing/origin_histories."""

from __future__ import annotations

import os

import pytest

from testing.origin_histories.history import Event, History, Policy, made_of
from testing.origin_histories.play import Counts, play, run

COUNT = int(os.environ.get("FRESHLAYER_ORIGIN_HISTORIES", "2000"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_certain_verdict_is_wrong() -> None:
    counts = Counts()
    wrong = [str(found) for found in run(1, COUNT, counts)]
    assert not wrong, "\n".join(wrong)
    # A generator that makes nothing of what it is about would find nothing.
    assert counts.certain > counts.probes // 20
    assert counts.changed > counts.probes // 20


def test_some_histories_in_every_run() -> None:
    assert [str(found) for found in run(100_001, 100)] == []


def test_a_seed_makes_one_history() -> None:
    assert made_of(7) == made_of(7)
    assert made_of(7) != made_of(8)


# What the generator found once, shrunk; each failed when it was found.
PROBE, DUE = Event("probe"), Event("probe", due=True)
FOUND = {
    "a length that HEAD alone states": History(
        660, Policy(head="wrong length"), (DUE, Event("tag", tag="nexus"), PROBE)
    ),
    "a tag that is made up, and neither a length nor a whole body": History(
        682, Policy(tag="weak rotating", lengths=False, hash_up_to=50), (PROBE,)
    ),
    "a tag that is made up, and a wrong length": History(
        858, Policy(tag="weak rotating", head="wrong length", hash_up_to=50), (PROBE,)
    ),
    "a length beside a hash, which the GET does not state": History(
        3271,
        Policy(tag="rotating", digest="content-md5", condition="stubborn", head="wrong length", hash_up_to=0),
        (PROBE, PROBE),
    ),
}


@pytest.mark.parametrize("history", FOUND.values(), ids=FOUND)
def test_what_was_found_is_fixed(history: History) -> None:
    assert [str(wrong) for wrong in play([history])] == []


def test_an_origin_that_lies_is_found_out() -> None:
    """The oracle itself: a strong tag that stays while the bytes change makes a certain verdict wrong."""
    frozen = (PROBE, Event("write", "a"), PROBE)
    (wrong,) = play([History(1, Policy(tag="frozen", condition="ignored"), frozen)])
    assert "certain unchanged" in str(wrong)
    assert "the bytes changed" in str(wrong)
