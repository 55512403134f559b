"""A place in the text of a script, and what is written in its stead."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from freshlayer.lazy_regex import compiled

DEEPEST = 60
"""How deep groups may be inside each other."""

_BLANK = compiled(r"(?:[ \t\r\f\v]|`\r?\n|<#.*?(?:#>|\Z))*", re.DOTALL)
_COMMENT = compiled(r"#[^\n]*")
_OPENING = {"$(": ")", "@(": ")", "(": ")", "{": "}"}


class TooDeepError(Exception):
    """Groups are inside each other deeper than any script needs."""


class Cursor(ABC):
    """Goes through a text once; ``out`` grows by what is written in its place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[str] = []
        self.depth = 0

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def one_of(self, characters: str) -> bool:
        """Whether the next character is one of these."""
        return bool(self.next) and self.next in characters

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Go past what matches here, which is left out."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def copy(self, length: int = 1) -> None:
        """Copy characters."""
        self.out.append(self.text[self.at : self.at + length])
        self.at += length

    def peek(self, pattern: re.Pattern[str]) -> str:
        """What matches here."""
        match = pattern.match(self.text, self.at)
        return match[0] if match else ""

    def blanks(self) -> None:
        """Blanks become one; a comment is left out."""
        if self.skip(_BLANK):
            self.out.append(" ")
        if self.next == "#":
            self.skip(_COMMENT)

    def group(self) -> None:
        """``$(…)``, ``(…)``, ``@(…)``, ``{…}``, with what is around its statements."""
        opening = next((mark for mark in _OPENING if self.text.startswith(mark, self.at)), None)
        if opening is None:
            self.copy()
        else:
            self.enter(opening, _OPENING[opening])

    def enter(self, opening: str, closing: str, *, operands: bool = False) -> None:
        """A group from its opening to its closing mark. ``operands``: it holds expressions between commas."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeepError
        self.copy(len(opening))
        (self.operands if operands else self.statements)(closing)
        if self.next:
            self.copy()
        self.depth -= 1

    @abstractmethod
    def statements(self, closing: str) -> None:
        """Statements up to the closing character, which is not taken."""

    @abstractmethod
    def operands(self, closing: str) -> None:
        """Expressions between commas, over lines, up to the closing character."""

    @abstractmethod
    def hash(self) -> None:
        """``@{ key = value }``."""
