"""What the bench of a fleet counts, at a small size."""

from __future__ import annotations

from bench.fleet import Size, measured, scheduled
from testing.servers.needs import needs

pytestmark = needs("nginx")


def test_each_reference_of_a_fleet_is_requested_once_an_interval() -> None:
    found = measured(Size(projects=20, mentions=200, references=60, origins=10, interval=4))
    assert found.is_probed_once, found


def test_each_reference_is_due_once_an_interval_and_not_all_at_once() -> None:
    found = scheduled(5000, intervals=10)
    assert (found.least >= 10, found.most <= 12) == (True, True)
    assert found.peak < 5000 / 50
