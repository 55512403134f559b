"""What the bench of a fleet counts, at a small size."""

from __future__ import annotations

from pathlib import Path

from bench.fleet import Requests, Size, measured, requests_in, scheduled
from testing.servers.needs import needs

pytestmark = needs("nginx")


def test_each_reference_of_a_fleet_is_requested_once_an_interval() -> None:
    found = measured(Size(projects=20, mentions=200, references=60, origins=10, interval=4))
    assert found.is_probed_once, found


def test_each_reference_is_due_once_an_interval_and_not_all_at_once() -> None:
    found = scheduled(5000, intervals=10)
    assert (found.least >= 10, found.most <= 12) == (True, True)
    assert found.peak < 5000 / 50


def test_what_another_service_requests_does_not_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    own = "1 HEAD /run/0\n1 GET /run/0\n11 HEAD /run/0\n11 GET /run/0\n"
    log.write_text(f"{own}2 HEAD /0\n3 GET /other/0\n4 HEAD /0/1/2\n")
    assert requests_in(log, "run", 1, since=10, until=12) == Requests(1, 1, 10, 10, seconds=1, of_change=1)
