"""The times of probes: laws, and weeks of simulated time."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from math import ceil, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.model.turns import Turn
from freshlayer.reference import Reference, parse
from freshlayer.watch.schedule import Pace, Schedule

A, B = parse("https://a.example/x"), parse("https://b.example/x")
IMAGE = parse("docker-image://registry.example/base:1")
WEEK = 7 * 86400


REGULAR = Pace(jitter=0)


def one(pace: Pace = REGULAR) -> Schedule:
    schedule = Schedule(pace, "seed")
    schedule.add(A, 0)
    return schedule


def test_a_new_reference_is_due_now_and_then_after_its_interval() -> None:
    schedule = one()
    assert schedule.take(0, 10) == [A]
    schedule.answered(A, 2, failed=False)
    assert schedule.take(901.9, 10) == []
    assert schedule.take(902, 10) == [A]


def test_a_reference_without_an_answer_is_due_again_all_the_same() -> None:
    schedule = one()
    assert schedule.take(5, 10) == [A]
    assert schedule.take(904, 10) == []
    assert schedule.take(905, 10) == [A]


def test_the_interval_is_that_of_the_host_else_of_the_kind() -> None:
    pace = Pace(interval=100, kinds={"image": 1000, "http": 500}, hosts={"b.example": 50})
    assert [pace.of(it) for it in (A, B, IMAGE)] == [500, 50, 1000]
    assert Pace(hosts={"registry.example": 7}).of(IMAGE) == 7


def test_one_that_was_probed_before_a_restart_waits_for_the_rest_of_its_interval() -> None:
    schedule = Schedule(Pace(jitter=0), "seed")
    schedule.add(A, 1000, age=600)
    assert schedule.next_due() == 1300
    schedule.add(B, 1000, age=10**9)
    assert schedule.take(1000, 10) == [B]


def test_a_wall_clock_that_was_set_back_delays_by_one_interval_at_most() -> None:
    schedule = Schedule(Pace(jitter=0), "seed")
    schedule.add(A, 0, age=-(10**9))
    assert schedule.next_due() == 900


def test_the_wait_doubles_after_errors_up_to_a_limit_and_ends_with_an_answer() -> None:
    schedule = one(Pace(interval=100, jitter=0, longest=350))
    waits = []
    for failed in (True, True, True, True, False, True):
        schedule.answered(A, 0, failed=failed)
        waits.append(schedule.next_due())
    assert waits == [100, 200, 350, 350, 100, 100]


def test_an_interval_above_the_limit_is_not_shortened_by_errors() -> None:
    schedule = one(Pace(interval=1000, jitter=0, longest=350))
    schedule.answered(A, 0, failed=True)
    assert schedule.next_due() == 1000


def test_retry_after_is_honoured_up_to_the_limit() -> None:
    schedule = one(Pace(interval=100, jitter=0, longest=1000))
    for wanted, due in ((5, 100), (600, 600), (10**6, 1000)):
        schedule.answered(A, 0, failed=False, retry_after=wanted)
        assert schedule.next_due() == due


def test_a_webhook_moves_a_reference_to_now_and_an_unknown_one_is_ignored() -> None:
    schedule = one()
    schedule.take(0, 10)
    schedule.hurry(A, 10)
    schedule.hurry(B, 10)
    assert schedule.take(10, 10) == [A]
    assert schedule.take(10, 10) == []


def test_a_webhook_waits_for_the_end_of_retry_after_and_not_for_that_of_a_wait_after_errors() -> None:
    schedule = one(Pace(interval=100, jitter=0, longest=1000))
    schedule.answered(A, 0, failed=True, retry_after=600)
    schedule.hurry(A, 10)
    assert schedule.next_due() == 600
    assert schedule.turn_of(A, 100) == Turn(500, 1, 500)
    schedule.answered(A, 600, failed=True)
    schedule.hurry(A, 610)
    assert schedule.next_due() == 610
    schedule.answered(A, 610, failed=True, retry_after=5)
    schedule.hurry(A, 611)
    assert schedule.next_due() == 615


def test_what_was_removed_is_never_due() -> None:
    schedule = one()
    schedule.remove(A)
    schedule.remove(B)
    schedule.answered(A, 0, failed=True)
    assert (schedule.next_due(), len(schedule), A in schedule) == (inf, 0, False)


def test_the_least_interval_of_several_mentions_counts() -> None:
    schedule = Schedule(Pace(jitter=0), "seed")
    schedule.add(A, 0, age=0, least=86400)
    assert schedule.next_due() == 86400
    schedule.add(A, 0, age=0)
    assert schedule.next_due() == 900
    schedule.add(A, 0, age=0, least=86400)
    assert schedule.next_due() == 900


def test_an_interval_that_is_longer_by_now_counts_from_the_last_probe() -> None:
    schedule = Schedule(Pace(jitter=0), "seed")
    schedule.add(A, 0, age=0)
    schedule.relax(A, least=60)
    schedule.relax(B, least=86400)
    assert schedule.next_due() == 900
    schedule.relax(A, least=86400)
    schedule.relax(A, least=86400)
    assert schedule.next_due() == 86400
    assert schedule.take(86400, 1) == [A]
    assert schedule.next_due() == 2 * 86400


def test_a_longer_interval_delays_nothing_that_failed() -> None:
    schedule = Schedule(Pace(jitter=0), "seed")
    schedule.add(A, 0)
    schedule.take(0, 1)
    schedule.answered(A, 0, failed=True)
    schedule.relax(A, least=86400)
    assert schedule.next_due() == 900


def test_the_jitter_follows_from_reference_and_seed() -> None:
    def due(seed: str, reference: Reference) -> float:
        schedule = Schedule(Pace(), seed)
        schedule.add(reference, 0, age=0)
        return schedule.next_due()

    assert due("1", A) == due("1", A)
    assert len({due("1", A), due("2", A), due("1", B)}) == 3
    assert all(720 <= due(seed, A) <= 900 for seed in map(str, range(50)))


def test_what_was_added_together_is_spread_over_a_period_at_once() -> None:
    schedule, references = Schedule(Pace(), "seed"), [parse(f"https://h.example/{it}") for it in range(3000)]
    for reference in references:
        schedule.add(reference, 0)
    for reference in schedule.take(0, 3000):
        schedule.answered(reference, 0, failed=False)
    taken = [len(schedule.take(now, 3000)) for now in range(0, 1801, 10)]
    assert sum(taken[:9]) == 0
    assert sum(taken[9:91]) == 3000
    assert max(taken) < 60
    assert sum(it > 15 for it in taken) > 160


def test_a_slow_answer_moves_the_next_probe_by_less_than_it_took() -> None:
    schedule = Schedule(Pace(100), "seed")
    schedule.add(A, 0, age=0)
    for _ in range(10):
        now = schedule.next_due()
        assert schedule.take(now, 1) == [A]
        schedule.answered(A, now + 9, failed=False)
        assert now + 89 <= schedule.next_due() <= now + 100
    now = schedule.next_due()
    schedule.take(now, 1)
    schedule.answered(A, now + 60, failed=False)
    assert schedule.next_due() == now + 60 + 80


EVENTS = st.tuples(
    st.sampled_from(["add", "remove", "take", "answered", "failed", "hurry", "busy"]),
    st.integers(0, 7),
    st.floats(0, 2000),
)
REFERENCES = [parse(f"https://h{number % 3}.example/{number}") for number in range(8)]


@given(st.lists(EVENTS, max_size=200))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_every_reference_has_one_time_within_the_longest_wait(
    happened: list[tuple[str, int, float]],
) -> None:
    pace = Pace(longest=3600)
    schedule, now, known = Schedule(pace, "seed"), 0.0, set[Reference]()
    for what, number, passed in happened:
        now += passed
        reference = REFERENCES[number]
        match what:
            case "add":
                schedule.add(reference, now)
                known.add(reference)
            case "remove":
                schedule.remove(reference)
                known.discard(reference)
            case "take":
                taken = schedule.take(now, number)
                assert len(taken) == len(set(taken)) <= number
                assert set(taken) <= known
            case "hurry":
                schedule.hurry(reference, now)
            case _:
                wanted = passed if what == "busy" else None
                schedule.answered(reference, now, failed=what != "answered", retry_after=wanted)
        assert len(schedule) == len(known)
        assert schedule.held <= 2 * len(known) + 64
        assert (schedule.next_due() <= now + pace.longest) == bool(known)
    assert set(schedule.take(now + pace.longest, 100)) == known


def simulated(count: int, pace: Pace, seconds: int, most: int, *, step: int = 1) -> tuple[int, int, int, int]:
    """The longest gap between two probes, the most in a step once all are known, of one, and in the heap."""
    references = [parse(f"https://h{number % 200}.example/{number}") for number in range(count)]
    schedule = Schedule(pace, "simulation")
    for reference in references:
        schedule.add(reference, 0)
    last: dict[Reference, int] = {}
    counts: Counter[Reference] = Counter()
    gap = busiest = longest = 0
    for now in range(0, seconds, step):
        taken = schedule.take(now, most)
        for reference in taken:
            before = last.get(reference)
            gap = max(gap, now - before if before is not None else now)
            last[reference] = now
        counts.update(taken)
        longest = max(longest, schedule.held)
        busiest = max(busiest, len(taken) if now > 2 * pace.interval else 0)
    gap = max(gap, *(seconds - at for at in last.values()))
    assert len(last) == count
    return gap, busiest, max(counts.values()), longest


@pytest.mark.timeout(300)
def test_a_hundred_thousand_references_over_a_week() -> None:
    """Every other day, so that the test is short: 100,000 every quarter of an hour are 65 million probes."""
    pace = Pace(interval=172800)
    gap, busiest, most, longest = simulated(100_000, pace, WEEK, 200, step=20)
    assert gap <= pace.interval + 20
    assert busiest < 40
    assert most <= ceil(WEEK / (0.8 * pace.interval)) + 1
    assert longest <= 200_064


def test_the_usual_interval_over_a_week_is_bounded_in_rate_and_memory() -> None:
    tracemalloc.start()
    try:
        simulated(100, Pace(), 86400, 5, step=10)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        gap, busiest, most, longest = simulated(100, Pace(), WEEK, 5, step=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert gap <= 910
    assert busiest <= 5
    assert most <= ceil(WEEK / 720) + 1
    assert longest <= 264
    assert peak - before < 1_000_000
