"""Quotas of origins: what they state, and how often their references are probed then."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.evidence.hop import Hop
from freshlayer.evidence.quota import quota_of
from freshlayer.model.quota import Quota
from freshlayer.reference import Reference, parse
from freshlayer.watch.quotas import Account
from freshlayer.watch.schedule import Pace, Schedule

HOUR = 3600.0
DATE = ("date", "Thu, 01 Jan 2026 00:00:00 GMT")
AT = 1767225600
LINES = tuple(f"x-ratelimit-{it}" for it in ("limit", "remaining", "reset"))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (dict(zip(LINES, ("60", "59", f"{AT + 90}"), strict=True)), (59, 90, 60)),
        ({"ratelimit-remaining": "7", "ratelimit-reset": f"{AT + 60}"}, (7, 60, 0)),
        (dict(zip(LINES, ("100, 100;w=60", "7", "50"), strict=True)), (7, 50, 100)),
        ({"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600"}, (76, 21600, 100)),
        ({"ratelimit": '"default";r=50;t=30', "ratelimit-policy": '"default";q=100;w=60'}, (50, 30, 0)),
        ({"ratelimit": '"day";r=900;t=86400, "minute";r=5;t=60'}, (900, 86400, 0)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{AT - 5}"}, (0, 0, 0)),
        ({"x-ratelimit-remaining": "5"}, None),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "9"}, None),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "99999999"}, None),
        ({"ratelimit": '"default";q=100'}, None),
        ({"etag": '"1"'}, None),
    ],
)  # fmt: skip
def test_what_origins_state_of_their_quota(
    headers: dict[str, str], found: tuple[int, float, int] | None
) -> None:
    seen = quota_of(Hop(200, (DATE, *headers.items())), "api.example")
    assert seen == (Quota("api.example", *found) if found else None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["x-ratelimit-remaining", "ratelimit", "x-ratelimit-reset"]), st.text())
    )
)
def test_no_header_of_an_origin_is_an_error(headers: list[tuple[str, str]]) -> None:
    quota_of(Hop(200, tuple(headers)), "h")


class Api:
    """An origin with a fixed window. ``limit``: requests within an hour; ``free``: a 304 costs none."""

    def __init__(self, limit: int, *, free: bool = False) -> None:
        self.limit, self.free = limit, free
        self.window = -1
        self.used = self.refused = 0
        self.seen: set[Reference] = set()

    def answer(self, reference: Reference, now: float) -> tuple[Quota, bool]:
        """What it states, and whether it answered."""
        if int(now // HOUR) != self.window:
            self.window, self.used = int(now // HOUR), 0
        ok = self.used < self.limit
        self.refused += not ok
        self.used += ok and not (self.free and reference in self.seen)
        self.seen |= {reference} if ok else set()
        return Quota("api", self.limit - self.used, HOUR - now % HOUR, self.limit), ok


def simulated(api: Api, references: int, hours: int, start: int = 0) -> Counter[Reference]:
    """Answered probes of each; every ten seconds what is due is probed."""
    known = [parse(f"https://api.example/{number}") for number in range(references)]
    schedule, counts = Schedule(Pace(), "seed"), Counter[Reference]()
    for reference in known:
        schedule.add(reference, start)
    for now in range(start, start + int(hours * HOUR), 10):
        for reference in schedule.take(now, references):
            quota, ok = api.answer(reference, now)
            counts[reference] += ok
            schedule.note_quota(reference, quota, now)
            schedule.answered(reference, now, failed=not ok, retry_after=None if ok else quota.seconds)
    assert set(counts) == set(known)
    return counts


@pytest.mark.parametrize("start", [0, 3000])
def test_a_host_whose_quota_is_too_small_gets_a_longer_interval_and_refuses_nothing(start: int) -> None:
    """40 references, 60 requests an hour: each once in 50 minutes, and not four times an hour."""
    api = Api(60)
    counts = simulated(api, 40, hours=24, start=start)
    assert api.refused == 0
    assert min(counts.values()) >= 20
    assert max(counts.values()) <= 40


def test_of_more_references_than_the_quota_has_requests_each_gets_its_turn() -> None:
    """200 and 60 an hour: each once in four hours. The first round alone may be refused in part."""
    api = Api(60)
    counts = simulated(api, 200, hours=48)
    assert api.refused <= 140
    assert min(counts.values()) >= 6
    assert sum(counts.values()) <= 48 * 60


def test_what_costs_nothing_keeps_its_interval() -> None:
    api = Api(1000, free=True)
    counts = simulated(api, 900, hours=6)
    assert api.refused == 0
    # Of the first hour the cost of a probe is not known.
    assert min(counts.values()) >= 6 * 4 - 8


def test_a_quota_that_is_large_changes_nothing() -> None:
    with_quota = simulated(Api(5000), 100, hours=6)
    assert set(with_quota.values()) <= {27, 28, 29}


def test_what_others_use_of_it_makes_the_interval_longer() -> None:
    account = Account()
    account.references = 10
    account.note(Quota("api", 5000, HOUR, 5000), 0)
    assert account.interval(0) < 900
    account.note(Quota("api", 4, HOUR / 2, 5000), HOUR / 2)
    assert account.interval(HOUR / 2) == HOUR / 2 / 0.8


def test_a_quota_that_is_used_up_rests_and_a_webhook_does_not_change_that() -> None:
    schedule, one = Schedule(Pace(100), "seed"), parse("https://api.example/a")
    schedule.add(one, 0)
    assert schedule.take(0, 1) == [one]
    schedule.note_quota(one, Quota("api", 0, 500, 60), 0)
    schedule.answered(one, 0, failed=False)
    schedule.hurry(one, 50)
    assert schedule.take(60, 1) == []
    assert 500 <= schedule.next_due() <= 600
    assert schedule.take(schedule.next_due(), 1) == [one]
    assert schedule.quotas(500)["api"][0] == 0
    schedule.remove(one)
    assert schedule.quotas(500) == {}


ANSWERS = st.lists(
    st.tuples(st.integers(0, 10**9), st.floats(0, 1e6), st.integers(0, 10**9), st.floats(0, 1e4))
)


@given(ANSWERS)
@settings(max_examples=100, deadline=None)
def test_whatever_an_origin_states_the_interval_is_bounded(
    answers: list[tuple[int, float, int, float]],
) -> None:
    """By what it may be at most: the references, one after another, within as many windows."""
    account, now = Account(), 0.0
    account.references = 3
    for remaining, seconds, limit, passed in answers:
        now += passed
        account.note(Quota("h", remaining, seconds, limit), now)
        assert account.interval(now) >= 0
        assert account.rests_until(now) <= now + seconds
