"""``[ … ]`` and ``[[ … ]]`` on values: true, false, or not decided."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from freshlayer.shell.patterns import matches, regex
from freshlayer.shell.values import Hole, Text, Why, known, text_of

_NUMERIC: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_LONGEST = 200
"""Operands and operators, beyond which nothing is decided."""


_JOINERS = frozenset({"-o", "||", "-a", "&&"})
_OF_FILES = frozenset({"-f", "-e", "-r", "-s", "-d"})

Exists = Callable[[str, str], bool | None]
"""Operator and path → the outcome; None where that is not known."""


class _Rules(Struct, frozen=True):
    """``double``: of ``[[ … ]]``."""

    double: bool
    exists: Exists | None


def decide(fields: list[Text], *, double: bool, exists: Exists | None = None) -> bool | None:
    """The outcome; None where an operand is unknown, or a file of the image that decides (``-f FILE``).

    A build arg that is not given is empty in the script, so here it is known.
    """
    if len(fields) > _LONGEST:
        return None
    rules = _Rules(double, exists)
    words = [known(field) for field in fields]
    if None not in words and _JOINERS.isdisjoint(words):
        return _primary(fields, words, rules)
    return _either([_without_arguments(field) for field in fields], rules)


def _without_arguments(text: Text) -> Text:
    for part in text:
        if type(part) is Hole and part.why is Why.ARGUMENT:
            return text_of(*("" if isinstance(p, Hole) and p.why is Why.ARGUMENT else p for p in text))
    return text


def _either(fields: list[Text], rules: _Rules) -> bool | None:
    """``-o`` and ``||`` bind less than ``-a`` and ``&&``."""
    words = [known(field) for field in fields]
    if _JOINERS.isdisjoint(words):
        return _primary(fields, words, rules)
    for joiners in (("-o", "||"), ("-a", "&&")):
        parts = _divided(fields, joiners) if joiners[0] in words or joiners[1] in words else []
        if len(parts) > 1:
            outcomes = [_either(part, rules) for part in parts]
            decisive = joiners[0] == "-o"
            if decisive in outcomes:
                return decisive
            return None if None in outcomes else not decisive
    return _primary(fields, words, rules)


def _divided(fields: list[Text], joiners: tuple[str, str]) -> list[list[Text]]:
    """At joiners outside parentheses that have something on both sides."""
    parts: list[list[Text]] = [[]]
    depth = 0
    for place, field in enumerate(fields):
        word = known(field)
        depth += (word == "(") - (word == ")")
        if word in joiners and depth == 0 and 0 < place < len(fields) - 1:
            parts.append([])
        else:
            parts[-1].append(field)
    return parts


def _primary(fields: list[Text], words: list[str | None], rules: _Rules) -> bool | None:
    if words[:1] == ["!"] and len(words) > 1:
        inner = _either(fields[1:], rules)
        return None if inner is None else not inner
    if words[:1] == ["("] and words[-1:] == [")"]:
        return _either(fields[1:-1], rules)
    if len(fields) <= 1:
        return bool(fields) and _filled(fields[0])
    if len(fields) == 2:
        return _unary(words[0], fields[1], rules)
    return _binary(words[0], words[1], words[2], double=rules.double) if len(fields) == 3 else None


def _filled(text: Text) -> bool | None:
    """Whether a value has any length; a known piece decides."""
    if any(isinstance(part, str) for part in text):
        return True
    return None if text else False


def _unary(operator: str | None, operand: Text, rules: _Rules) -> bool | None:
    if operator in _OF_FILES:
        path = known(operand)
        return rules.exists(operator or "", path) if path and rules.exists else None
    if operator not in {"-n", "-z"}:
        return None
    filled = _filled(operand)
    return filled if operator == "-n" or filled is None else not filled


def _binary(a: str | None, operator: str | None, b: str | None, *, double: bool) -> bool | None:
    if a is None or b is None:
        return None
    if operator in {"=", "==", "!="}:
        same = matches(b, a) if double else a == b
        return same if operator != "!=" or same is None else not same
    if operator == "=~":
        compiled = regex(b, extended=True)
        return compiled.compiled.search(a) is not None if compiled and compiled.fits(a) else None
    if operator in _NUMERIC and re.fullmatch(r"-?\d{1,18}", a) and re.fullmatch(r"-?\d{1,18}", b):
        return _NUMERIC[operator](int(a), int(b))
    return None


def groups(text: str | None, pattern: str | None) -> list[str] | None:
    """What ``[[ text =~ pattern ]]`` puts into BASH_REMATCH; none where nothing fits."""
    found = regex(pattern, extended=True) if text is not None and pattern is not None else None
    if found is None or text is None or not found.fits(text):
        return None
    match = found.compiled.search(text)
    return [match[0], *(group or "" for group in match.groups())] if match else []
