"""The time of the next probe: laws of the decision, whatever the times are."""

from __future__ import annotations

from collections import Counter
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.watch.pacing import Spacing

INTERVAL, JITTER = 900.0, 0.1
LEAST = 0.8 * INTERVAL
SHARES = st.floats(0, 1, exclude_max=True)
TIMES = st.floats(0, 1e7)
LATENESS = st.lists(st.floats(0, 3 * INTERVAL), min_size=1, max_size=40)
TINY = 1e-6


def spacing(share: float, jitter: float = JITTER) -> Spacing:
    return Spacing(INTERVAL, jitter, share)


@given(SHARES, TIMES, st.floats(0, 3 * INTERVAL))
def test_the_next_time_is_between_the_least_and_the_whole_interval(
    share: float, started: float, taken: float
) -> None:
    ended = started + taken
    due = spacing(share).after(started, ended)
    assert ended + LEAST - TINY <= due <= max(started + INTERVAL, ended + LEAST) + TINY


@given(SHARES, TIMES)
def test_one_that_is_at_its_place_stays_there(share: float, about: float) -> None:
    own = spacing(share)
    at = about - about % own.period + share * own.period
    assert abs(own.after(at, at) - at - own.period) < TINY


@given(SHARES, LATENESS)
@settings(max_examples=200, deadline=None)
def test_no_gap_is_longer_than_the_interval_and_the_lateness_of_its_end(
    share: float, lateness: list[float]
) -> None:
    """Lateness never adds up: each gap has at most its own."""
    own, at = spacing(share), 0.0
    for late in lateness:
        due = own.after(at, at)
        assert due - at <= INTERVAL + TINY
        at = due + late


@given(SHARES, LATENESS, st.floats(0, 40 * INTERVAL))
@settings(max_examples=200, deadline=None)
def test_in_any_time_there_are_few_probes(share: float, lateness: list[float], length: float) -> None:
    """Those of a reference that is new, too: its second probe comes early, once."""
    own = spacing(share)
    probes = [0.0, own.after_first(0, 0)]
    for late in lateness:
        probes.append(own.after(probes[-1], probes[-1]) + late)
    most = max(sum(since <= it <= since + length for it in probes) for since in probes)
    assert most <= ceil(length / (LEAST - TINY)) + 1


@given(SHARES, st.floats(0.0, 1 / 3), TIMES)
def test_after_the_first_probe_the_place_is_taken_at_once(share: float, jitter: float, first: float) -> None:
    own = spacing(share, jitter)
    due = own.after_first(first, first)
    assert first - TINY <= due <= first + INTERVAL + TINY
    if jitter:
        distance = (due - share * own.period) % own.period
        assert min(distance, own.period - distance) < 1e-3


def test_what_was_probed_at_one_moment_is_spread_evenly_each_time() -> None:
    """Over more of the period each time; without a part of it that has twice as many as others."""
    count, widths = 3000, []
    spaced = [spacing((number + 0.5) / count) for number in range(count)]
    times = [0.0] * count
    for _ in range(20):
        times = [own.after(at, at) for own, at in zip(spaced, times, strict=True)]
        first, width = min(times), max(times) - min(times)
        widths.append(width)
        parts = Counter(min(9, int(10 * (at - first) / width)) for at in times)
        assert max(parts.values()) < 1.5 * count / 10
    assert widths[0] >= 0.19 * INTERVAL
    assert widths == sorted(widths)
    assert widths[-1] > 0.88 * INTERVAL


def test_without_jitter_it_is_the_interval() -> None:
    own = spacing(0.3, 0)
    assert (own.after(10, 12), own.after_first(10, 12)) == (12 + INTERVAL, 12 + INTERVAL)
