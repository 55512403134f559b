"""Regular expressions of Go (RE2) → of Python, as far as patterns of ignore files produce them."""

from __future__ import annotations

import re

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PERL = frozenset("dDsSwW")
_CONTROLS = frozenset("afnrtv")
_PLACES = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z"}
_REPEAT = re.compile(r"\{\d{1,3}(?:,\d{0,3})?\}")
_CLASS = re.compile(r"\[:(\^?)(\w+):\]")


def compiled(expression: str) -> re.Pattern[str]:
    """The expression, to be searched for. Raises ValueError for what Go refuses, or Python lacks."""
    try:
        return re.compile(_Translation(expression).text, re.ASCII)
    except re.error as error:
        raise ValueError(str(error)) from None


class _Translation:
    """Reads the expression once; ``text`` is what Python understands."""

    def __init__(self, expression: str) -> None:
        self._left = expression
        self._repeats = False
        parts: list[str] = []
        while self._left:
            parts.append(self._next())
        self.text = "".join(parts)

    def _next(self) -> str:
        if repeat := self._repeat():
            if self._repeats:
                raise ValueError("invalid nested repetition operator")
            self._repeats = True
            return repeat
        self._repeats = False
        character = self._take()
        match character:
            case "\\" if self._left[:1] in _PLACES:
                return _PLACES[self._take()]
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case "$":
                return r"\Z"
            case "{" | "}" | "]":
                return f"\\{character}"
            case _:
                return character

    def _take(self) -> str:
        if not self._left:
            raise ValueError("the pattern is incomplete")
        character, self._left = self._left[0], self._left[1:]
        return character

    def _repeat(self) -> str:
        """``*``, ``+``, ``?`` or ``{n,m}``. A brace that starts no repetition is a literal."""
        if self._left[0] in "*+?":
            return self._take()
        found = _REPEAT.match(self._left)
        if found is None:
            return ""
        self._left = self._left[found.end() :]
        return found[0]

    def _escape(self) -> str:
        r"""Not ``\Q``, ``\p`` and ``\x``, which no pattern needs."""
        character = self._take()
        if character in _PERL or character in _CONTROLS:
            return f"\\{character}"
        if character.isalnum() or not character.isascii():
            raise ValueError(f"invalid escape sequence: \\{character}")
        return re.escape(character)

    def _class(self) -> str:
        parts = ["["]
        if self._left.startswith("^"):
            parts.append(self._take())
        first = True
        while first or not self._left.startswith("]"):
            parts.append(self._member())
            first = False
        self._take()
        return "".join((*parts, "]"))

    def _member(self) -> str:
        """One character, a range, or a named class."""
        if found := _CLASS.match(self._left):
            if found[1] or found[2] not in _POSIX:
                raise ValueError(f"invalid character class: {found[0]}")
            self._left = self._left[found.end() :]
            return _POSIX[found[2]]
        low = self._member_character()
        is_set = len(low) > 1 and low[1] in _PERL
        if not is_set and len(self._left) > 1 and self._left[0] == "-" and self._left[1] != "]":
            self._take()
            return f"{low}-{self._member_character()}"
        return low

    def _member_character(self) -> str:
        character = self._take()
        if character == "\\":
            return self._escape()
        return re.escape(character)
