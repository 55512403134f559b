"""No kind of line takes time by the square of their number."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import bounds
from freshlayer.dockerfile.parse import parse

FEW, TIMES = 400, 8

# Seconds in all.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", bounds.KINDS)
def test_time_grows_with_the_number_of_lines(kind: str) -> None:
    """Eight times the lines: about eight times as long, and sixty-four times if it went by the square."""
    most = max(bounds.seconds_of(kind, FEW), 0.004) * TIMES * 2.5
    many = bounds.seconds_of(kind, FEW * TIMES, 1)
    # What else runs on the machine can only add to it.
    assert many < most or bounds.seconds_of(kind, FEW * TIMES) < most


@pytest.mark.parametrize("kind", bounds.KINDS)
def test_a_kind_is_a_dockerfile_with_so_many_lines(kind: str) -> None:
    text = bounds.text_of(kind, 100)
    assert 90 <= text.count("\n") <= 110
    parse(text)


@pytest.mark.parametrize("kind", ["ENV", "FROM of one stage with many ENV", "comments that watch"])
def test_memory_grows_with_the_number_of_lines(tmp_path: Path, kind: str) -> None:
    few, many = bounds.grown(tmp_path, kind, (1_000, 10_000)).runs
    assert many.memory < few.memory + 60
