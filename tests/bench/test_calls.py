"""What an input costs is the same however many there are, and no more than it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import calls

MOST = {"inputs": 430, "check": 530}
"""Command → calls of functions for each RUN that downloads."""


@pytest.mark.parametrize(("command", "words"), [("inputs", ("inputs",)), ("check", ("--offline", "check"))])
def test_an_input_costs_the_same_among_many(tmp_path: Path, command: str, words: tuple[str, ...]) -> None:
    few, many = calls.each(tmp_path, (50, 250), *words)
    assert many < 1.1 * few
    assert many < MOST[command]
