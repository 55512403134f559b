"""Real builders, started when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.builders.table import Builders


@pytest.fixture(scope="session")
def builders() -> Iterator[Builders]:
    with Builders() as started:
        yield started
