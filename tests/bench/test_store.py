"""The bench of the store, at a small size: what it counts does not depend on the machine."""

from __future__ import annotations

from bench import store

MOST_BYTES = 490


def test_a_step_of_pruning_is_bounded() -> None:
    found = store.measure(20_000)
    assert 0 < found.removed <= 500
    assert found.megabytes > 1


def test_a_reference_takes_no_more_of_the_file() -> None:
    found = store.measure(20_000)
    assert found.megabytes * store.MEGABYTE / found.references < MOST_BYTES
