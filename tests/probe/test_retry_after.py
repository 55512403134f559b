"""What a busy origin wants is in the observation, for whoever probes again later."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from freshlayer.model.observation import ProbeOutcome
from testing.asking import ask
from testing.logging_server import LoggingServer, Reply


@pytest.mark.parametrize(
    ("status", "value", "known"),
    [(429, "3600", 3600), (503, "3600", 3600), (503, "", None), (404, "3600", None)],
)
def test_the_wait_that_a_busy_origin_states_is_in_the_observation(
    status: int, value: str, known: float | None
) -> None:
    headers = {"Retry-After": value} if value else {}
    with LoggingServer(lambda _: Reply(status, headers)) as origin:
        seen = ask(f"{origin.url}/a")
    assert seen.outcome in {ProbeOutcome.UNKNOWN, ProbeOutcome.ABSENT}
    assert seen.retry_after == known


@pytest.mark.parametrize(("ahead", "least", "most"), [(7200, 7100, 7201), (-7200, 0, 0)])
def test_a_date_counts_from_the_date_of_the_answer(ahead: int, least: float, most: float) -> None:
    headers = {"Retry-After": formatdate(time.time() + ahead, usegmt=True)}
    with LoggingServer(lambda _: Reply(503, headers)) as origin:
        seen = ask(f"{origin.url}/a")
    assert seen.retry_after is not None
    assert least <= seen.retry_after <= most


@pytest.mark.parametrize(("left", "known"), [("0", True), ("5", False)])
def test_an_api_whose_quota_is_used_up_states_when_it_starts_again(left: str, *, known: bool) -> None:
    """As GitHub's does: 403, with the time in seconds since 1970."""
    headers = {"X-RateLimit-Remaining": left, "X-RateLimit-Reset": f"{time.time() + 1800:.0f}"}
    with LoggingServer(lambda _: Reply(403, headers)) as origin:
        seen = ask(f"{origin.url}/a")
    assert (seen.retry_after is not None) == known
    assert seen.reason.code == ("http-too-many-requests" if known else "http-forbidden")
    if seen.retry_after is not None:
        assert 1700 < seen.retry_after <= 1801
        assert "try again after 1" in str(seen.reason.hint)


def test_a_text_that_is_neither_seconds_nor_a_date_is_no_wait() -> None:
    with LoggingServer(lambda _: Reply(503, {"Retry-After": "soon"})) as origin:
        assert ask(f"{origin.url}/a").retry_after is None
