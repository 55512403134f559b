"""Random histories on every builder, for a fixed time; a seed that goes wrong is printed, and replays."""

from __future__ import annotations

import os

import pytest

from testing.builders.base import Builder
from testing.builders.table import MEMBERS
from testing.histories.play import play, seeds
from testing.servers.needs import require

# Of all builders together. In CI three minutes of one worker: the whole run has an hour, and every other test
# is to fit in it.
SECONDS = float(os.environ.get("FRESHLAYER_HISTORIES", "180" if os.environ.get("CI") else "60"))
FIRST_SEED = 1


@pytest.mark.timeout(SECONDS + 300)
def test_what_runs_is_what_a_perfect_cache_would_run(every_builder: Builder) -> None:
    require("nginx")
    played = 0
    for seed in seeds(FIRST_SEED, SECONDS / len(MEMBERS)):
        wrong = play(seed, every_builder)
        assert wrong is None, str(wrong)
        played += 1
    assert played
