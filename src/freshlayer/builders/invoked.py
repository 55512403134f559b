"""How a builder is called."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Invoked(Struct, frozen=True):
    """How a builder is called. ``words``: those between the program and the user's own."""

    program: tuple[str, ...]
    words: tuple[str, ...]
    environment: Mapping[str, str]
    name: str

    @property
    def argv(self) -> tuple[str, ...]:
        return (*self.program, *self.words)
