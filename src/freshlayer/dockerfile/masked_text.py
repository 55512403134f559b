"""The text of a Dockerfile without its secrets, line by line, for a report that shows it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec.structs import replace

from freshlayer.dockerfile.model import Dockerfile, Instruction
from freshlayer.dockerfile.parse import parse
from freshlayer.errors import DockerfileError
from freshlayer.lazy_regex import compiled
from freshlayer.masking import (
    MASK,
    assigned,
    continued,
    in_full,
    is_secret_name,
    masked_script,
    masked_words,
    of_private_keys,
    secret_values,
    without_fields,
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
_LAST = compiled(r"\v[\x1c\x1d]*\n\Z")
_TRIGGER = compiled(r"\s*onbuild\s+", re.IGNORECASE)
_SUBSTITUTION = compiled(r"\$\(([^()]{1,2000})\)")
_OPERATORS = frozenset(";|&(){}`\"'")


def masked_lines(text: str, dockerfile: Dockerfile) -> tuple[str, ...]:
    """The first lines of a Dockerfile with ``…`` for what is likely to be a secret, without line ends.

    A line that is part of what was masked, that continues a word or is too long to be read is ``…``.
    ``dockerfile``: what the text was parsed into.
    """
    whole = text.removesuffix("\n").split("\n", MOST_LINES)
    lines = [line.removesuffix("\r") for line in whole[:MOST_LINES]]
    keys = of_private_keys(lines)
    instructions = [*map(_triggered, dockerfile.arguments), *map(_triggered, _of_stages(dockerfile))]
    values = secret_values(_named(instructions))
    found: list[str] = []
    for item in instructions:
        if len(found) >= len(lines):
            break
        found += map(_comment, lines[len(found) : item.line - 1])
        found += _instruction(item, lines[len(found) : item.end_line], dockerfile.escape)
    found += map(_comment, lines[len(found) :])
    return tuple(
        MASK if number in keys else without_values(line, values) for number, line in enumerate(found)
    )


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


def _triggered(item: Instruction) -> Instruction:
    """An ONBUILD as the instruction that it holds, with the text of its own."""
    match = _TRIGGER.match(item.text) if item.name == "ONBUILD" else None
    try:
        stages = parse(f"FROM scratch\n{item.text[match.end() :]}\n").stages if match else ()
    except DockerfileError:
        return item
    inner = stages[0].instructions[:1] if stages else ()
    if not inner or inner[0].name == "ONBUILD":
        return item
    return replace(item, name=inner[0].name, split=inner[0].words, exec_form=inner[0].exec_form)


def _comment(line: str) -> str:
    """A line between instructions."""
    return without_fields(_masked(line))


def _instruction(item: Instruction, lines: list[str], escape: str) -> list[str]:
    """As many lines as it has."""
    if _hides_all(item):
        name = item.name if item.text.upper().startswith(item.name) else f"ONBUILD {item.name}"
        return [f"{name} {item.words[0]} {MASK}", *[MASK] * len(lines)][: len(lines)]
    count = item.end_line - item.line + 1 - sum(it.content.count("\n") + 1 for it in item.heredocs)
    own = max(1, count) if item.heredocs else len(lines)
    skipped = {at for at, line in enumerate(lines[:own]) if at and line.lstrip()[:1] in {"", "#"}}
    bodies, ends = _bodies(
        [("" if at in skipped else line) for at, line in enumerate(lines)], escape, skipped
    )
    safe: list[str] = []
    for at, joined in enumerate(_commands(bodies, ends, own, escape, lines)):
        text = _without_words(joined, item.words) if item.exec_form else joined
        head = match[0] if not at and (match := _HEAD.match(text)) else ""
        # The mark of the last line stays, also where a long command is cut.
        end = match[0] if (match := _LAST.search(text, len(head))) else ""
        safe.append(_masked(head) + _masked(text[len(head) : len(text) - len(end)]) + end)
    found = _numbered("".join(safe), lines, escape)
    hidden = {own + at for at in continued(lines[own:])}
    for at in range(len(found)):
        if at in skipped:
            found[at] = _comment(lines[at])
        elif at >= own:
            found[at] = MASK if at in hidden else without_fields(found[at], first=True)
    return found


def _commands(bodies: list[str], ends: list[str], own: int, escape: str, lines: list[str]) -> Iterator[str]:
    """The instruction, then each line of its here-documents with what continues it: it may be a command."""
    command = ""
    for at, (body, end) in enumerate(zip(bodies, ends, strict=True)):
        command += body + end
        if at >= own - 1 and not lines[at].rstrip().endswith((escape, "|")):
            yield command
            command = ""
    yield command


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


def _bodies(lines: list[str], escape: str, skipped: set[int]) -> tuple[list[str], list[str]]:
    """The lines without their escape character, and what is between: nothing where they divide a word.

    ``skipped``: lines that are no part of the instruction; they divide what the line before them divides.
    """
    bodies: list[str] = []
    ends: list[str] = []
    following = " "
    for number, line in reversed(list(enumerate(lines))):
        body = line.translate(_NOT_OURS)
        end = f"\v{number:b}\n".translate(_DIGITS)
        stripped = body.rstrip(" \t")
        if stripped.endswith(escape):
            body = stripped[: -len(escape)]
            divides = body[-1:].strip() and following[:1].strip() and body[-1] not in _OPERATORS
            end = "" if divides else end
        bodies.append(body)
        ends.append(end)
        following = following if number in skipped else line
    bodies.reverse()
    ends.reverse()
    for number in sorted(skipped):
        ends[number] = ends[number] if ends[number - 1] else ""
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
