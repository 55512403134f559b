"""What a build costs others where everything is cached."""

from __future__ import annotations

import pytest

from bench import tax
from bench.tax import Counts
from testing.engine import PrivateEngine
from testing.servers.needs import needs

pytestmark = [pytest.mark.slow, needs("nginx")]


def test_a_cached_build_asks_each_input_once_moves_no_body_and_starts_the_builder_alone(
    engine: PrivateEngine,
) -> None:
    assert tax.counts(engine) == Counts(requests=tax.INPUTS, body_bytes=0, programs=1)
