"""The bench of packages of dnf, in its short form."""

from __future__ import annotations

from bench.packages_rpm import figures


def test_another_line_takes_less_than_the_first() -> None:
    found = figures(600, 4)
    assert found.packages > 0
    assert found.line < found.first
