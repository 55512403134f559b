"""Versions and requirements of RubyGems (Gem::Version, Gem::Requirement)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key
from itertools import zip_longest

from freshlayer.lazy_regex import compiled

_VERSION = compiled(r"[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_CLAUSE = compiled(r"\s*(=|!=|>=|<=|~>|>|<)?\s*([0-9][0-9A-Za-z.-]*)\s*")
_LONGEST = 128

Segments = list[int | str]
Requirement = Sequence[tuple[str, str]]
"""(operator, version): all have to hold."""


def is_version(text: str) -> bool:
    """Whether RubyGems takes a text for a version."""
    return len(text) <= _LONGEST and _VERSION.fullmatch(text) is not None


def is_prerelease(version: str) -> bool:
    """A version with a letter in it."""
    return re.search(r"[a-zA-Z-]", version) is not None


def requirement_of(text: str, separator: str = ",") -> Requirement | None:
    """``~> 1.2, != 1.2.5``; None for what is none."""
    found = []
    for clause in text.split(separator):
        match = _CLAUSE.fullmatch(clause)
        if match is None or not is_version(match[2]):
            return None
        found.append((match[1] or "=", match[2]))
    return found


def fits(version: str, requirement: Requirement) -> bool:
    """Whether all clauses hold."""
    return all(_holds(version, operator, wanted) for operator, wanted in requirement)


def compare(one: str, other: str) -> int:
    """-1, 0, 1: a segment that is missing is 0, a word is below a number."""
    for left, right in zip_longest(_canonical(one), _canonical(other), fillvalue=0):
        if left == right:
            continue
        if isinstance(left, str) is not isinstance(right, str):
            return -1 if isinstance(left, str) else 1
        return -1 if left < right else 1  # type: ignore[operator]
    return 0


order = cmp_to_key(compare)


def _holds(version: str, operator: str, wanted: str) -> bool:
    found = compare(version, wanted)
    if operator == "~>":
        return found >= 0 and compare(_release(version), _next(wanted)) < 0
    return {
        "=": found == 0,
        "!=": found != 0,
        ">": found > 0,
        "<": found < 0,
        ">=": found >= 0,
        "<=": found <= 0,
    }[operator]


def _segments(version: str) -> Segments:
    text = version.replace("-", ".pre.")
    return [int(it) if it.isdecimal() else it for it in re.findall(r"[0-9]+|[a-zA-Z]+", text)]


def _numbers(version: str) -> list[int]:
    """The segments before the first word."""
    found: list[int] = []
    for segment in _segments(version):
        if isinstance(segment, str):
            break
        found.append(segment)
    return found


def _canonical(version: str) -> Segments:
    """Without zeros at the end of the numbers, and at the end of all."""
    numbers: Segments = [*_numbers(version)]
    words = _segments(version)[len(numbers) :]
    for part in (numbers, words):
        while part and part[-1] == 0:
            part.pop()
    return numbers + words


def _release(version: str) -> str:
    return ".".join(map(str, _numbers(version))) or "0"


def _next(version: str) -> str:
    """The first release that ``~>`` excludes."""
    numbers = _numbers(version)
    kept = numbers[:-1] if len(numbers) > 1 else numbers
    return ".".join(map(str, [*kept[:-1], kept[-1] + 1]))
