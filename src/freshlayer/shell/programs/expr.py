"""``expr`` on known words (POSIX)."""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.shell.patterns import regex

_LONGEST = 60
_COMPARING: dict[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]  # both are numbers, or both are strings
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


class _NotComputedError(Exception):
    """More than is understood, or an error of expr."""


def expr(words: list[str]) -> str | None:
    """What it prints, without the line end; None where that is not computed."""
    if not words or len(words) > _LONGEST:
        return None
    words = words[1:] if words[0] == "--" else words
    try:
        value, rest = _either(words)
    except _NotComputedError:
        return None
    return None if rest else value


def _number(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise _NotComputedError
    return int(text)


def _filled(text: str) -> bool:
    return text != "" and re.fullmatch(r"-?0+", text) is None


def _either(words: list[str]) -> tuple[str, list[str]]:
    left, words = _both(words)
    while words[:1] == ["|"]:
        right, words = _both(words[1:])
        left = left if _filled(left) else right if _filled(right) else "0"
    return left, words


def _both(words: list[str]) -> tuple[str, list[str]]:
    left, words = _compared(words)
    while words[:1] == ["&"]:
        right, words = _compared(words[1:])
        left = left if _filled(left) and _filled(right) else "0"
    return left, words


def _compared(words: list[str]) -> tuple[str, list[str]]:
    left, words = _sum(words)
    while words and words[0] in _COMPARING:
        operator = words[0]
        right, words = _sum(words[1:])
        numeric = all(re.fullmatch(r"-?\d{1,18}", text) for text in (left, right))
        a, b = (int(left), int(right)) if numeric else (left, right)
        left = str(int(_COMPARING[operator](a, b)))
    return left, words


def _sum(words: list[str]) -> tuple[str, list[str]]:
    left, words = _product(words)
    while words and words[0] in {"+", "-"}:
        sign = 1 if words[0] == "+" else -1
        right, words = _product(words[1:])
        left = str(_number(left) + sign * _number(right))
    return left, words


def _product(words: list[str]) -> tuple[str, list[str]]:
    left, words = _matched(words)
    while words and words[0] in {"*", "/", "%"}:
        operator = words[0]
        right, words = _matched(words[1:])
        a, b = _number(left), _number(right)
        if b == 0 and operator != "*":
            raise _NotComputedError
        quotient = abs(a) // abs(b) * (1 if (a < 0) is (b < 0) else -1) if operator != "*" else 0
        left = str(a * b if operator == "*" else quotient if operator == "/" else a - quotient * b)
    return left, words


def _matched(words: list[str]) -> tuple[str, list[str]]:
    left, words = _primary(words)
    while words[:1] == [":"]:
        pattern, words = _primary(words[1:])
        left = _match(left, pattern)
    return left, words


def _match(text: str, pattern: str) -> str:
    r"""The part of ``\(…\)``, or the number of characters from the start that fit."""
    compiled = regex(pattern, extended=False)
    if compiled is None or not compiled.fits(text):
        raise _NotComputedError
    found = compiled.compiled.match(text)
    if compiled.compiled.groups:
        return (found[1] or "") if found else ""
    return str(len(found[0])) if found else "0"


def _primary(words: list[str]) -> tuple[str, list[str]]:
    match words:
        case ["(", *rest]:
            value, rest = _either(rest)
            if rest[:1] != [")"]:
                raise _NotComputedError
            return value, rest[1:]
        case ["length", text, *rest] if text not in _COMPARING:
            return str(len(text)), rest
        case ["substr", text, start, length, *rest]:
            first, count = _number(start), _number(length)
            return (text[first - 1 : first - 1 + count] if first > 0 and count > 0 else ""), rest
        case ["index", text, characters, *rest]:
            return str(next((n for n, c in enumerate(text, 1) if c in characters), 0)), rest
        case ["match", text, pattern, *rest]:
            return _match(text, pattern), rest
        case ["+", word, *rest]:
            return word, rest
        case [word, *rest]:
            return word, rest
        case _:
            raise _NotComputedError
