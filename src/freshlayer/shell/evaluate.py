"""Words → values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from freshlayer.shell.nodes import Command, Literal, Opaque, Parameter, Part, Script, Word

_PLAIN = re.compile(r"\$(\w+)|\$\{(\w+)\}")
_DEFAULT = re.compile(r"\$\{\w+(:?[-=])([^${}`\\\"']*)\}", re.DOTALL)
_ALTERNATIVE = re.compile(r"\$\{\w+(:?\+)([^${}`\\\"']*)\}", re.DOTALL)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word whose value is not known before the build: the reason, and the word as written."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a script can ask of the instruction's environment.

    ``get`` gives a value or None; ``why`` says why a name has none; ``expand`` applies the operators
    of ``${name…}`` to a known value, or gives None.
    """

    get: Callable[[str], str | None]
    why: Callable[[str], str]
    expand: Callable[[str], str | None]


def words_of(command: Command, script: Script, lookup: Lookup) -> list[str | Unknown]:
    """The words of a command after expansion and word splitting."""
    values: list[str | Unknown] = []
    for word in command.words:
        values += _split(word, script, lookup)
    return values


def _split(word: Word, script: Script, lookup: Lookup) -> list[str | Unknown]:
    """Unquoted values are split at blanks; their first and last pieces join what stands beside them."""
    pieces = [""]
    literal = False
    for part in word:
        value = _value(part, script, lookup)
        if isinstance(value, Unknown):
            return [Unknown(value.reason, as_written(word))]
        if isinstance(part, Literal) or part_quoted(part):
            literal = True
            pieces[-1] += value
            continue
        first, *others = re.split(r"[ \t\n]+", value)
        pieces[-1] += first
        pieces += others
    return [piece for piece in pieces if piece] or ([""] if literal else [])


def part_quoted(part: Part) -> bool:
    """Whether a part is protected from word splitting."""
    return not isinstance(part, Opaque) and part.quoted


def _value(part: Part, script: Script, lookup: Lookup) -> str | Unknown:
    match part:
        case Literal(text=text):
            return text
        case Parameter():
            return _parameter(part, script, lookup)
        case Opaque(text=text):
            return Unknown(f"needs the output of {text[:_LONGEST]}", text)


def _parameter(part: Parameter, script: Script, lookup: Lookup) -> str | Unknown:
    if part.name in script.assigned:
        return Unknown(f"{part.name} is set by the script itself", part.text)
    value = lookup.get(part.name)
    if value is None:
        return _without_value(part, lookup)
    if _PLAIN.fullmatch(part.text):
        return value
    default = _DEFAULT.fullmatch(part.text)
    if default:
        return default[2] if not value and ":" in default[1] else value
    expanded = lookup.expand(part.text)
    return expanded if expanded is not None else Unknown(f"{part.text[:_LONGEST]} is not computed", part.text)


def _without_value(part: Parameter, lookup: Lookup) -> str | Unknown:
    """A name without a value takes its default: unset in the script is what it will be."""
    default = _DEFAULT.fullmatch(part.text)
    if default:
        return default[2]
    if _ALTERNATIVE.fullmatch(part.text):
        return ""
    return Unknown(lookup.why(part.name), part.text)


def as_written(word: Word) -> str:
    """A word for a message."""
    return "".join(part.text for part in word)
