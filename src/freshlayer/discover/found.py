"""What a syntax finds in the words of a command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from freshlayer.shell import Unknown

Words = list[str | Unknown]
"""A command's arguments, its name left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """A URL that the command reads, as the command would understand it."""

    url: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that the command reads and that can't be watched, with the reason."""

    text: str
    reason: str


Finding = Found | Missed


class Syntax(Protocol):
    """A way to name something remote in a command."""

    def __call__(self, arguments: Words) -> Iterator[Finding]:
        """What the command reads from elsewhere."""
