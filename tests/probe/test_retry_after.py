"""What a busy origin wants is in the observation, for whoever probes again later."""

from __future__ import annotations

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
