"""Versions of Maven and their order (ComparableVersion of maven-artifact), and ranges of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from itertools import zip_longest

from freshlayer.lazy_regex import compiled

_LONGEST = 200
_QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_ALIASES = {"ga": "", "final": "", "release": "", "cr": "rc"}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_RANGE = compiled(r"([\[(])\s*([^,\[\]()]{0,200}?)\s*(?:(,)\s*([^,\[\]()]{0,200}?)\s*)?([\])])\s*,?\s*")
Bound = tuple[str, str, str, str]
"""(opening bracket, least, most, closing bracket)."""


def is_range(text: str) -> bool:
    """Whether a version is a set of ranges."""
    return text[:1] in {"[", "("}


def ranges_of(text: str) -> list[Bound] | None:
    """``[1.0,2.0),(3,)``; None for what is none."""
    found: list[Bound] = []
    place = 0
    while place < len(text):
        match = _RANGE.match(text, place)
        if match is None or (not match[3] and (match[1] != "[" or match[5] != "]" or not match[2])):
            return None
        found.append((match[1], match[2], match[4] or "" if match[3] else match[2], match[5]))
        place = match.end()
    return found or None


def fits(version: str, ranges: Iterable[Bound]) -> bool:
    """Whether a version is in one of the ranges."""
    return any(_is_in(version, bound) for bound in ranges)


def _is_in(version: str, bound: Bound) -> bool:
    opening, least, most, closing = bound
    low = compare(version, least) if least else 1
    high = compare(version, most) if most else -1
    return (low > 0 or (low == 0 and opening == "[")) and (high < 0 or (high == 0 and closing == "]"))


def compare(one: str, other: str) -> int:
    """-1, 0, 1."""
    return _compared(_parsed(one), _parsed(other))


order = cmp_to_key(compare)


def _parsed(text: str) -> list[object]:
    """Numbers, words, and lists: what is behind a dash or a change between digits and letters is a list."""
    parser = _Parser()
    for letter in text[:_LONGEST].lower():
        parser.read(letter)
    return parser.end()


class _Parser:
    def __init__(self) -> None:
        self._lists: list[list[object]] = [[]]
        self._word = ""
        self._digits = False

    def read(self, letter: str) -> None:
        """One character."""
        if letter in ".-":
            self._lists[-1].append(self._item() if self._word else 0)
            self._word = ""
            if letter == "-":
                self._nest()
            return
        digit = letter.isascii() and letter.isdigit()
        if self._word and digit is not self._digits:
            self._turn(digit=digit)
        self._digits = digit
        self._word += letter

    def end(self) -> list[object]:
        """What was read."""
        if self._word:
            if not self._digits and self._lists[-1]:
                self._nest()
            self._lists[-1].append(self._item())
        for found in reversed(self._lists):
            _normalise(found)
        return self._lists[0]

    def _turn(self, *, digit: bool) -> None:
        """Between letters and digits: ``1.x2`` is ``1-x2``."""
        if digit and self._lists[-1]:
            self._nest()
        self._lists[-1].append(self._item(before_digit=digit))
        self._word = ""
        self._nest()

    def _nest(self) -> None:
        inner: list[object] = []
        self._lists[-1].append(inner)
        self._lists.append(inner)

    def _item(self, *, before_digit: bool = False) -> int | str:
        if self._digits:
            return int(self._word)
        word = _SHORT.get(self._word, self._word) if before_digit else self._word
        return _ALIASES.get(word, word)


def _normalise(items: list[object]) -> None:
    """Without what counts as nothing at the end, and before a list."""
    for place in range(len(items) - 1, -1, -1):
        if items[place] in (0, "") or items[place] == []:
            del items[place]
        elif not isinstance(items[place], list):
            break


def _compared(one: object, other: object) -> int:
    if isinstance(one, list):
        return _of_list(one, other)
    if isinstance(other, list):
        return -_of_list(other, one)
    if one is None or other is None:
        return -_against_nothing(other) if one is None else _against_nothing(one)
    if isinstance(one, int) and isinstance(other, int):
        return (one > other) - (one < other)
    if isinstance(one, int):
        return 1
    if isinstance(other, int):
        return -1
    left, right = _rank(str(one)), _rank(str(other))
    return (left > right) - (left < right)


def _of_list(one: Sequence[object], other: object) -> int:
    if other is None:
        return next((found for item in one if (found := _compared(item, None))), 0)
    if isinstance(other, int):
        return -1
    if isinstance(other, str):
        return 1
    for left, right in zip_longest(one, other if isinstance(other, list) else ()):
        found = 0 if left is None and right is None else _compared(left, right)
        if found:
            return found
    return 0


def _against_nothing(item: object) -> int:
    if isinstance(item, int):
        return int(item > 0)
    left, right = _rank(str(item)), _rank("")
    return (left > right) - (left < right)


def _rank(word: str) -> tuple[int, str]:
    return (_QUALIFIERS.index(word), "") if word in _QUALIFIERS else (len(_QUALIFIERS), word)
