"""Real Dockerfiles with the scripts of their contexts: next to no RUN that reaches the network is silent."""

from __future__ import annotations

import pytest

from testing import wild

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a process for each of the files


def test_next_to_no_run_that_reaches_the_network_is_silent() -> None:
    share = wild.silent_share()
    if share is None:
        pytest.skip(f"there is no {wild.WILD}")
    assert share <= 0.01
