"""The bench of the lock file: its size does not depend on the machine."""

from __future__ import annotations

from bench import locks


def test_ten_thousand_inputs_fit() -> None:
    found = locks.measure(1_000)
    assert 10 * found.megabytes < locks.MOST_MEGABYTES
    assert found.read > 0


def test_a_lock_file_of_the_bench_is_as_locked() -> None:
    assert locks.verified(20, 4, rounds=1) > 0
