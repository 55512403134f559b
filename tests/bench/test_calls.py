"""What an input costs is the same however many there are, and no more than it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import calls

MOST = {("inputs", 1): 430, ("inputs", 2): 65, ("check", 1): 540, ("check", 2): 172}
"""Command, and which run of it → calls of functions for each RUN that downloads."""


@pytest.mark.parametrize("runs", [1, 2])
@pytest.mark.parametrize(("command", "words"), [("inputs", ("inputs",)), ("check", ("--offline", "check"))])
def test_an_input_costs_the_same_among_many(
    tmp_path: Path, command: str, words: tuple[str, ...], runs: int
) -> None:
    few, many = calls.each(tmp_path, (50, 250), *words, times=runs)
    assert many < 1.1 * few
    assert many < MOST[command, runs]
