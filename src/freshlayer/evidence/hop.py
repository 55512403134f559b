"""One response of a chain of redirects."""

from __future__ import annotations

from collections.abc import KeysView

from msgspec import Struct


class _Named:
    """Name → its values: a response is looked through for some fifty names.

    Computed once; the ``cached_property`` of Python 3.11 takes a lock for that.
    """

    def __get__(self, hop: Hop, _: type[Hop]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in hop.headers:
            found[name] = (*found[name], value) if name in found else (value,)
        hop.__dict__["_named"] = found
        return found


class Hop(Struct, frozen=True, dict=True):
    """One response of a chain of redirects. Header names are lower case; order and repeats are kept."""

    status: int
    headers: tuple[tuple[str, str], ...]

    _named = _Named()

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
        if len(values) == 1:
            return first
        return first if all(value.strip() == first for value in values) else ""

    def shown(self, name: str) -> str:
        """Every value of a header, at most 64 characters of them, safe to print."""
        return printable(", ".join(self.all(name)))


def printable(text: str) -> str:
    """The first 64 characters of an untrusted text, without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:64])
