"""``{a,b}`` and ``{1..3}`` in words.

bash expands them; sh leaves them to the program, to which they mean nothing, unless it is curl, which does
the same as bash. So they are expanded here for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import Literal, Opaque, Part, Word

_MOST = 2000
_LONGEST = 20_000
_MOST_TOKENS = 1_000_000
_RANGE = compiled(
    r"(-?\d{1,18})\.\.(-?\d{1,18})(?:\.\.(-?\d{1,18}))?|([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?\d{1,18}))?"
)
_LONGEST_SHOWN = 200
_TOO_MANY = f"its braces expand to more than {_MOST:,} words"

Token = str | Part
"""A character that no quote protects, or a whole part."""


def braced(word: Word) -> tuple[Word, ...]:
    """The words to which a word expands. Where they are too many, one word whose value is not known."""
    for part in word:
        if isinstance(part, Literal) and not part.quoted and "{" in part.text:
            break
    else:
        return (word,)
    tokens: list[Token] = []
    for part in word:
        tokens += part.text if isinstance(part, Literal) and not part.quoted else [part]
    if len(tokens) > _LONGEST:
        return (_unknown(word, "its word with braces is too long"),)
    try:
        return tuple([_word(variant) for variant in _variants(tokens)])
    except _TooManyError:
        return (_unknown(word, _TOO_MANY),)


class _TooManyError(Exception):
    """More words than are looked at."""


def _unknown(word: Word, limit: str) -> Word:
    text = "".join(part.text for part in word)
    return (Opaque(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…", limit=limit),)


def _variants(tokens: list[Token]) -> Iterator[list[Token]]:
    waiting = [(0, tokens)]
    words = made = 0
    while waiting:
        start, line = waiting.pop()
        opening = next((place for place in range(start, len(line)) if line[place] == "{"), None)
        if opening is None:
            words += 1
            if words > _MOST:
                raise _TooManyError
            yield line
            continue
        closing, commas = _extent(line, opening)
        pieces = _pieces(line, opening, closing, commas)
        if closing is None or len(pieces) < 2:
            waiting.append((opening + 1, line))
            continue
        behind = line[closing + 1 :]
        made += len(pieces) * len(line)
        if len(pieces) > _MOST or made > _MOST_TOKENS:
            raise _TooManyError
        waiting += [(opening, line[:opening] + piece + behind) for piece in reversed(pieces)]


def _extent(line: list[Token], opening: int) -> tuple[int | None, list[int]]:
    """The closing brace of an opening one, and the commas directly inside."""
    depth = 0
    commas: list[int] = []
    for place in range(opening, len(line)):
        if line[place] == "{":
            depth += 1
        elif line[place] == "}":
            depth -= 1
            if depth == 0:
                return place, commas
        elif line[place] == "," and depth == 1:
            commas.append(place)
    return None, commas


def _pieces(line: list[Token], opening: int, closing: int | None, commas: list[int]) -> list[list[Token]]:
    if closing is None:
        return []
    if commas:
        starts, ends = [opening, *commas], [*commas, closing]
        return [line[start + 1 : end] for start, end in zip(starts, ends, strict=True)]
    inside = line[opening + 1 : closing]
    text = "".join(token for token in inside if isinstance(token, str))
    match = _RANGE.fullmatch(text) if len(text) == len(inside) else None
    return [list(item) for item in _range(match)] if match else []


def _range(match: re.Match[str]) -> list[str]:
    if match[4]:
        first, last = ord(match[4]), ord(match[5])
    else:
        first, last = int(match[1]), int(match[2])
    step = max(1, abs(int(match[3] or match[6] or 1))) * (1 if last >= first else -1)
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if match[4]:
        return [chr(number) for number in numbers]
    padded = any(re.match(r"-?0\d", end) for end in (match[1], match[2]))
    width = max(len(match[1]), len(match[2])) if padded else 0
    return [f"{number:0{width}d}" for number in numbers[: _MOST + 1]]


def _word(tokens: list[Token]) -> Word:
    parts: list[Part] = []
    for token in tokens:
        if not isinstance(token, str):
            parts.append(token)
        elif parts and isinstance(parts[-1], Literal) and not parts[-1].quoted:
            parts[-1] = Literal(parts[-1].text + token)
        else:
            parts.append(Literal(token))
    return tuple(parts)
