"""What the bench of many Dockerfiles counts, at a small size."""

from __future__ import annotations

from bench import many
from testing.servers.needs import require


def test_each_reference_is_asked_once_and_no_body_is_moved() -> None:
    require("nginx")
    assert many.counts(files=60, distinct=70) == many.Counts(
        reported=60, requests=70, distinct=70, body_bytes=0
    )
