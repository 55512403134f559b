"""What a check holds of an input is bounded, so that a large Dockerfile does not take all memory."""

from __future__ import annotations

from bench import held
from bench.growth import world
from testing.servers.needs import needs

MOST = 1_450
"""Bytes for each RUN that downloads, at the peak of a check of which everything is recorded."""

MOST_CALLS = 258
"""Of the same: functions of Python that are called for each."""


@needs("nginx")
def test_a_check_holds_no_more_of_an_input() -> None:
    with world() as made:
        assert held.each(made) < MOST


@needs("nginx")
def test_a_check_calls_no_more_functions_for_an_input() -> None:
    with world() as made:
        assert held.called(made) < MOST_CALLS
