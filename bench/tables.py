"""Rows of Markdown tables."""

from __future__ import annotations


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def met(is_met: bool) -> str:  # noqa: FBT001 - the cell is the answer
    return "yes" if is_met else "**no**"
