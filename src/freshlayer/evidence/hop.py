"""One response of a chain of redirects."""

from __future__ import annotations

from msgspec import Struct


class Hop(Struct, frozen=True):
    """One response of a chain of redirects. Header names are lower case; order and repeats are kept."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for key, value in self.headers if key == name)

    def one(self, name: str) -> str:
        """The value of a header; empty where it is missing or where its lines disagree."""
        values = {value.strip() for value in self.all(name)}
        return values.pop() if len(values) == 1 else ""

    def shown(self, name: str) -> str:
        """Every value of a header, at most 64 characters of them, safe to print."""
        return printable(", ".join(self.all(name)))


def printable(text: str) -> str:
    """The first 64 characters of an untrusted text, without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:64])
