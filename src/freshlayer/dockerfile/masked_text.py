"""The text of a Dockerfile without its secrets, line by line, for a report that shows it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from freshlayer.dockerfile.model import Dockerfile, Instruction
from freshlayer.lazy_regex import compiled
from freshlayer.masking import (
    MASK,
    assigned,
    in_full,
    is_secret_name,
    masked_script,
    masked_words,
    secret_values,
    without_values,
)

MOST_LINES = 3000
"""Lines that are shown; those behind them are left out."""

_ZERO, _ONE = "\x1c", "\x1d"
_END = compiled(r"\v([\x1c\x1d]*)\n")
"""The end of a line with its number in binary digits: blanks to whatever reads a script."""
_DIGITS = str.maketrans("01", _ZERO + _ONE)
_NUMBERS = str.maketrans(_ZERO + _ONE, "01")
_NOT_OURS = dict.fromkeys(map(ord, "\v\x1c\x1d"), "\N{REPLACEMENT CHARACTER}")
_HEAD = compiled(r"\s*(?:onbuild\s+)?[a-z]+(?:\s+--[a-z-]+(?:=\S*)?)*\s+", re.IGNORECASE)
_SUBSTITUTION = compiled(r"\$\(([^()]{1,2000})\)")
_OPERATORS = frozenset(";|&(){}`\"'")


def masked_lines(text: str, dockerfile: Dockerfile) -> tuple[str, ...]:
    """The first lines of a Dockerfile with ``…`` for what is likely to be a secret, without line ends.

    A line that is part of what was masked, that continues a word or is too long to be read is ``…``.
    ``dockerfile``: what the text was parsed into.
    """
    whole = text.removesuffix("\n").split("\n", MOST_LINES)
    lines = [line.removesuffix("\r") for line in whole[:MOST_LINES]]
    instructions = [*dockerfile.arguments, *_of_stages(dockerfile)]
    values = secret_values(_named(instructions))
    found: list[str] = []
    for item in instructions:
        if len(found) >= len(lines):
            break
        found += (_masked(line) for line in lines[len(found) : item.line - 1])
        found += _instruction(item, lines[len(found) : item.end_line], dockerfile.escape)
    found += (_masked(line) for line in lines[len(found) :])
    return tuple(without_values(line, values) for line in found)


def _of_stages(dockerfile: Dockerfile) -> Iterator[Instruction]:
    for stage in dockerfile.stages:
        yield stage.start
        yield from stage.instructions


def _named(instructions: list[Instruction]) -> Iterator[tuple[str, str]]:
    """Names and values that the instructions assign."""
    for item in instructions:
        if item.name == "ENV":
            yield from zip(item.words[::3], (word.strip("\"'") for word in item.words[1::3]), strict=False)
        yield from assigned(item.text)


def _instruction(item: Instruction, lines: list[str], escape: str) -> list[str]:
    """As many lines as it has."""
    if _hides_all(item):
        return [f"{item.name} {item.words[0]} {MASK}", *[MASK] * len(lines)][: len(lines)]
    bodies, ends = _bodies(lines, escape)
    joined = "".join(body + end for body, end in zip(bodies, ends, strict=True))
    if item.exec_form:
        joined = _without_words(joined, item.words)
    head = match[0] if (match := _HEAD.match(joined)) else ""
    rest = joined[len(head) :]
    if item.heredocs:
        # Each line of a here-document may be a command of its own.
        rest = "\n".join(map(_masked, rest.split("\n")))
    return _numbered(_masked(head) + _masked(rest), lines, escape)


def _numbered(masked: str, lines: list[str], escape: str) -> list[str]:
    """A masked text as the lines that it was made of; a line without text of its own is ``…``."""
    found = [MASK] * len(lines)
    at = 0
    parts = _END.split(masked)
    for text, number in zip(parts[::2], [*parts[1::2], ""], strict=True):
        last = int(number.translate(_NUMBERS), 2) if number else at
        if at < len(lines):
            found[at] = text
        if number and last < len(lines) and lines[last].rstrip(" \t").endswith(escape):
            found[last] += escape if last == at else f" {escape}"
        at = last + 1
    return found


def _hides_all(item: Instruction) -> bool:
    """``ENV PASSWORD all that follows``."""
    return item.name == "ENV" and item.words[2:3] == ("",) and is_secret_name(item.words[0])


def _bodies(lines: list[str], escape: str) -> tuple[list[str], list[str]]:
    """The lines without their escape character, and what is between: nothing where they divide a word."""
    bodies: list[str] = []
    ends: list[str] = []
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], " "], strict=True)):
        body = line.translate(_NOT_OURS)
        end = f"\v{number:b}\n".translate(_DIGITS)
        stripped = body.rstrip(" \t")
        if stripped.endswith(escape):
            body = stripped[: -len(escape)]
            divides = body[-1:].strip() and following[:1].strip() and body[-1] not in _OPERATORS
            end = "" if divides else end
        bodies.append(body)
        ends.append(end)
    ends[-1] = ""
    return bodies, ends


def _without_words(text: str, words: tuple[str, ...]) -> str:
    """The words of an exec form, which are strings of JSON."""
    for word, safe in zip(words, masked_words(list(words), show=in_full), strict=True):
        if word != safe:
            text = text.replace(json.dumps(word)[1:-1], json.dumps(safe, ensure_ascii=False)[1:-1])
            text = text.replace(json.dumps(word, ensure_ascii=False)[1:-1], safe)
    return text


def _masked(text: str) -> str:
    """A command in ``${A:-$(…)}`` is part of a word, so it is masked first."""
    inner = _SUBSTITUTION.sub(lambda match: f"$({masked_script(match[1], show=in_full)})", text)
    return masked_script(inner, show=in_full)
