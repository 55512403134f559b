"""The bench of warm answers: every question is answered, and none by a new connection where one is open."""

from __future__ import annotations

from statistics import median

import pytest

from bench import warm_build
from bench.warm import ROUND_TRIP, measured
from testing.engine import PrivateEngine
from testing.servers.needs import needs


@needs("nginx")
def test_what_the_service_saw_costs_no_round_trip_and_the_rest_fewer_than_without_it() -> None:
    found = measured(times=5)
    assert found.seen < ROUND_TRIP
    assert found.connections < found.alone


@pytest.mark.slow
@needs("nginx")
def test_a_whole_build_waits_less_with_the_service(engine: PrivateEngine) -> None:
    found = warm_build.measure(engine, rounds=3)
    assert median(found.served) < median(found.alone)
