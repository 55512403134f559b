"""``$name``, ``${name…}``, ``$1``, ``$@``: the values of a parameter, and what its operator makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from freshlayer.masking import masked_script
from freshlayer.model.reasons import Reason
from freshlayer.shell import arithmetic, patterns
from freshlayer.shell.arrays import Array, in_order
from freshlayer.shell.frame import End, Frame
from freshlayer.shell.syntax.nodes import Parameter, Word
from freshlayer.shell.syntax.operands import colon_halves, halves, operand
from freshlayer.shell.values import (
    EMPTY,
    NOTHING,
    UNSET,
    Hole,
    Text,
    Values,
    Why,
    alternatives,
    concat,
    expanded,
    is_unset,
    known,
    number,
    text_of,
)

_LONGEST_SHOWN = 60
_DEFAULTS = frozenset({":-", "-", ":=", "=", ":+", "+", ":?", "?"})
_NO_ELEMENTS = _DEFAULTS | {"length"}


class Words(Protocol):
    """What expands the words inside of an expansion. ``depth`` counts how deep they are in each other."""

    def whole(self, word: Word, frame: Frame) -> Values:
        """A word that is not split."""

    def pattern(self, word: Word, frame: Frame, protect: Callable[[str], str] = ...) -> Values:
        """The same for a pattern."""

    def quoted(self, text: str, frame: Frame) -> Values:
        """A text as between double quotes."""


def not_computed(text: str) -> Text:
    """A value that the shell would compute and this evaluator does not."""
    text = masked_script(text)
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return (Hole(Why.OTHER, Reason("not-computed", detail=f"{short} is not computed"), text),)


def is_star(part: Parameter) -> bool:
    """``$*``, ``${name[*]}``: one string, where it is quoted."""
    return part.name == "*" or part.index == "*"


def plain_values(part: Parameter, frame: Frame) -> Values | None:
    """The values of a variable that is named as it is, ``$name``; None for every other expansion."""
    name = part.name
    if part.operator or part.index or part.indirect or name in frame.arrays or not name.isidentifier():
        return None
    values = frame.raw(name)
    if UNSET not in values:
        return values
    return None if "u" in frame.options and values == (UNSET,) else expanded(values)


def values_of(part: Parameter, frame: Frame, words: Words) -> Values:
    """The values of an expansion that is not split into elements."""
    plain = plain_values(part, frame)
    if plain is not None:
        return plain
    found = elements(part, frame, words)
    if found is not None:
        return spaced(found, frame.separators[:1] if part.quoted and is_star(part) else " ")
    if part.operator == "length" and part.index in {"@", "*"}:
        return ((str(_count(part.name, frame)),),)
    if part.operator == "length" and part.name in {"@", "*"}:
        return ((str(len(frame.arguments)),),)
    if part.operator == "named":
        return expanded(_named(part, frame, words))
    return by_operator(part, raw_value(part, frame, words), frame, words)


def _count(name: str, frame: Frame) -> int:
    if name in frame.arrays:
        return len(frame.arrays[name])
    return int(not is_unset(frame.raw(name)[0]))


def by_operator(part: Parameter, values: Values, frame: Frame, words: Words) -> Values:
    """Each of the values under the operator of the expansion."""
    if part.operator not in _DEFAULTS and "u" in frame.options and values == (UNSET,):
        frame.ended = End.EXIT
    if not part.operator:
        return expanded(values)
    if part.operator in {":?", "?"} and all(_is_known_empty(part, value) for value in values):
        frame.ended = End.EXIT
    return alternatives([text for value in values for text in _operated(part, value, frame, words)])


def _is_known_empty(part: Parameter, value: Text) -> bool:
    return value == UNSET or (value == EMPTY and part.operator == ":?")


def elements(part: Parameter, frame: Frame, words: Words) -> list[Values] | None:
    """The elements of ``${name[@]…}`` or ``$@``; None for anything else."""
    if part.operator in _NO_ELEMENTS or part.indirect:
        return None
    if not part.index and part.name not in {"@", "*"}:
        return None
    if part.name in {"@", "*"}:
        found = list(frame.arguments)
    elif part.index in {"@", "*"} and part.name in frame.arrays:
        array = in_order(frame.arrays[part.name], associative=part.name in frame.associative)
        found = [(text_of(key),) for key in array] if part.operator == "named" else [*array.values()]
    elif part.index in {"@", "*"} and part.name in frame.variables:
        found = [frame.get(part.name)] if frame.variables[part.name] != (UNSET,) else []
    else:
        return None
    if part.operator == ":":
        return _slice(part, found, frame, words)
    if part.operator in {"named", "@"}:
        return found
    return [by_operator(part, element, frame, words) for element in found]


def _slice(part: Parameter, found: list[Values], frame: Frame, words: Words) -> list[Values] | None:
    """``${@:1}`` begins with ``$1``, ``${name[@]:0}`` with the first element."""
    bounds = _bounds(part, frame, words)
    if bounds is None:
        return None
    start, length = bounds
    if part.name in {"@", "*"}:
        zero = frame.name if frame.name is not None else (not_computed("$0"),)
        found = [zero, *found]
    start = max(0, start + len(found)) if start < 0 else start
    return found[start:] if length is None else found[start : start + max(0, length)]


def _bounds(part: Parameter, frame: Frame, words: Words) -> tuple[int, int | None] | None:
    """Offset and length of ``${name:offset:length}``, which are expressions."""
    numbers: list[int | None] = []
    for text in colon_halves(part.operand):
        values = arithmetic.compute(text, frame, words.quoted) if text is not None else None
        plain = known(values[0]) if values is not None and len(values) == 1 else None
        if values is not None and plain is None:
            return None
        numbers.append(int(plain) if plain is not None else None)
    return numbers[0] or 0, numbers[1]


def raw_value(part: Parameter, frame: Frame, words: Words) -> Values:
    """The values of the parameter before its operator; UNSET where it is known to have none."""
    if part.indirect:
        return _named(part, frame, words)
    return _by_name(part.name, part, frame, words)


def _by_name(name: str, part: Parameter, frame: Frame, words: Words) -> Values:
    place = None if name.isidentifier() else number(name)
    if place == 0:
        return frame.name if frame.name is not None else (not_computed(part.text),)
    if place is not None:
        return frame.arguments[place - 1] if 0 < place <= len(frame.arguments) else (UNSET,)
    if name == "#":
        return ((str(len(frame.arguments)),),)
    if name in {"?", "$", "!", "-"} or name.isdecimal():
        return (not_computed(part.text),)
    if name in {"@", "*"}:
        return spaced(list(frame.arguments), " ") if frame.arguments else (UNSET,)
    if name in frame.arrays:
        return _element(frame.arrays[name], part, frame, words)
    if part.index:
        return _of_plain(name, part, frame, words)
    return frame.raw(name)


def _of_plain(name: str, part: Parameter, frame: Frame, words: Words) -> Values:
    """``${name[0]}`` of a name that is no array, and ``${name[@]}``."""
    if part.index in {"@", "*"} or frame.raw(name) == (UNSET,):
        return frame.raw(name)
    key = arithmetic.compute(part.index, frame, words.quoted)
    if key == (("0",),):
        return frame.raw(name)
    return (not_computed(part.text),) if known(key[0]) is None or is_unset(frame.raw(name)[0]) else (UNSET,)


def _element(array: Array, part: Parameter, frame: Frame, words: Words) -> Values:
    """``${name[1]}``, ``${name[$key]}``; ``$name`` is the first element."""
    if part.index in {"@", "*"}:
        return spaced([*array.values()], " ") if array else (UNSET,)
    found: list[Text] = []
    for key in _keys(part, frame, words):
        text = known(key)
        if text is not None:
            place = number(text.removeprefix("-")) if text.startswith("-") else None
            if place is not None and part.name not in frame.associative:
                text = str(max((number(one) or 0 for one in array), default=0) + 1 - place)
            found += array.get(text, (UNSET,))
        else:
            found += [text for values in array.values() for text in values]
    return alternatives(found)


def _keys(part: Parameter, frame: Frame, words: Words) -> Values:
    if part.name in frame.associative:
        return words.whole(operand(part.index or "0"), frame)
    return arithmetic.compute(part.index or "0", frame, words.quoted)


def _named(part: Parameter, frame: Frame, words: Words) -> Values:
    """``${!name}``: the value of the variable that ``name`` holds the name of."""
    names = [known(text) for text in expanded(_by_name(part.name, part, frame, words))]
    if any(not name or not (name.isidentifier() or number(name)) for name in names):
        return (not_computed(part.text),)
    plain = Parameter("", part.text)
    return alternatives(text for name in names for text in _by_name(name or "", plain, frame, words))


def _operated(part: Parameter, value: Text, frame: Frame, words: Words) -> Values:
    """One alternative under the operator. A name without a value takes its default."""
    operator = part.operator
    empty = is_empty(part, value)
    if operator in {":-", "-", ":=", "="}:
        return _default(part, frame, words) if empty else (value,)
    if operator in {":+", "+"}:
        return NOTHING if empty else words.whole(operand(part.operand, quoted=part.quoted), frame)
    (value,) = expanded((value,))
    if operator in {":?", "?"}:
        return (value,)
    text = known(value)
    if text is None:
        return (value,) if len(value) == 1 else (not_computed(part.text),)
    if operator == "length":
        return ((str(len(text)),),)
    if operator == ":":
        bounds = _bounds(part, frame, words)
        return (not_computed(part.text) if bounds is None else text_of(patterns.substring(text, *bounds)),)
    return alternatives(_applied(part, text, *found) for found in _operands(part, frame, words))


def _default(part: Parameter, frame: Frame, words: Words) -> Values:
    values = words.whole(operand(part.operand, quoted=part.quoted), frame)
    if "=" in part.operator:
        frame.set(part.name, values)
    return values


def is_empty(part: Parameter, value: Text) -> bool:
    """Whether the operator of the expansion takes the value for none."""
    return is_unset(value) or (value == EMPTY and part.operator.startswith(":"))


def _operands(part: Parameter, frame: Frame, words: Words) -> list[tuple[Text, Text]]:
    """The pattern of an operator, and the replacement of ``/``."""
    pattern, replacement = halves(part.operand, part.operator) if "/" in part.operator else (part.operand, "")
    return [
        (one, other)
        for one in words.pattern(operand(pattern), frame)
        for other in words.pattern(operand(replacement), frame, patterns.protected_replacement)
    ]


def _applied(part: Parameter, text: str, pattern: Text, replacement: Text) -> Text:
    one, other = known(pattern), known(replacement)
    if one is None or other is None:
        return not_computed(part.text)
    result = patterns.apply(part.operator, one, other, text)
    return text_of(result) if result is not None else not_computed(part.text)


def spaced(items: list[Values], between: str) -> Values:
    """The items as one string."""
    values = NOTHING
    for place, item in enumerate(items):
        values = concat(concat(values, (text_of(between),) if place and between else NOTHING), item)
    return values


def is_certain(part: Parameter, frame: Frame, words: Words) -> Word | None:
    """The word that takes the place of ``${name-word}`` and its like, where it is certain that it does."""
    if part.operator not in {":-", "-", ":+", "+"} or re.search(r"[@*]", part.name + part.index):
        return None
    empty = {is_empty(part, text) for text in raw_value(part, frame, words)}
    wanted = "+" not in part.operator
    return operand(part.operand) if empty == {wanted} else None
