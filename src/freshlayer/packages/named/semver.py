"""Versions of Semantic Versioning 2.0, and their order."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.lazy_regex import compiled

_NUMBER = r"(0|[1-9][0-9]{0,18})"
_WORDS = r"([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"
_VERSION = compiled(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_WORDS})?(?:\+{_WORDS})?")
_LONGEST = 256

Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


class Version(Struct, frozen=True):
    """``before``: identifiers of a pre-release. ``build``: metadata, without a place in the order."""

    numbers: tuple[int, int, int]
    before: str = ""
    build: str = ""

    @property
    def order(self) -> Order:
        """Section 11: a pre-release is below its release; numbers below words."""
        words = tuple(_order_of(word) for word in self.before.split(".")) if self.before else ()
        return (*self.numbers, not self.before, words)


def version_of(text: str) -> Version | None:
    """None for what is no version."""
    match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    return Version((int(match[1]), int(match[2]), int(match[3])), match[4] or "", match[5] or "")


def _order_of(word: str) -> tuple[bool, int, str]:
    return (False, int(word), "") if word.isdecimal() else (True, 0, word)
