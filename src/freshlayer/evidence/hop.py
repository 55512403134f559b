"""One response of a chain of redirects."""

from __future__ import annotations

from collections.abc import KeysView
from functools import cached_property

from msgspec import Struct


class Hop(Struct, frozen=True, dict=True):
    """One response of a chain of redirects. Header names are lower case; order and repeats are kept."""

    status: int
    headers: tuple[tuple[str, str], ...]

    @cached_property
    def _named(self) -> dict[str, tuple[str, ...]]:
        """Name → its values: a response is looked through for some fifty names."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            found[name] = (*found.get(name, ()), value)
        return found

    @property
    def names(self) -> KeysView[str]:
        """Of all headers."""
        return self._named.keys()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return self._named.get(name, ())

    def one(self, name: str) -> str:
        """The value of a header; empty where it is missing or where its lines disagree."""
        values = self._named.get(name)
        if not values:
            return ""
        first = values[0].strip()
        return first if len(values) == 1 or all(value.strip() == first for value in values) else ""

    def shown(self, name: str) -> str:
        """Every value of a header, at most 64 characters of them, safe to print."""
        return printable(", ".join(self.all(name)))


def printable(text: str) -> str:
    """The first 64 characters of an untrusted text, without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:64])
