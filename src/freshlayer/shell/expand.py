"""Words → fields: parameters, substitutions, splitting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from freshlayer.masking import masked_script
from freshlayer.model.reasons import Reason
from freshlayer.shell import patterns
from freshlayer.shell.frame import Array, Frame
from freshlayer.shell.status import BudgetError
from freshlayer.shell.syntax.nodes import Literal, Opaque, Parameter, Part, Substitution, Word
from freshlayer.shell.syntax.operands import halves, operand
from freshlayer.shell.values import (
    EMPTY,
    MOST_ALTERNATIVES,
    NOTHING,
    TOO_MANY,
    Field,
    Hole,
    Text,
    Values,
    Why,
    alternatives,
    concat,
    is_unset,
    known,
    number,
    split,
    text_of,
)

_LONGEST_SHOWN = 60
_DEEPEST = 8
_MOST_FIELDS = 2000
_DEFAULTS = {":-", "-", ":=", "=", ":+", "+"}


class Expander:
    """``captured`` gives the output of the script of a substitution."""

    def __init__(self, captured: Callable[[str, Frame], Values]) -> None:
        self._captured = captured
        self._depth = 0

    def whole(self, word: Word, frame: Frame) -> Values:
        """A word that is not split: the value of an assignment, of a case, a quoted string."""
        values = NOTHING
        for part in word:
            values = concat(values, self._part(part, frame))
        return values

    def pattern(self, word: Word, frame: Frame, protect: Callable[[str], str] = patterns.protected) -> Values:
        """The same for a pattern: quoted text is literal."""
        values = NOTHING
        for part in word:
            found = self._part(part, frame)
            if part.quoted:
                found = alternatives(_each_string(text, protect) for text in found)
            values = concat(values, found)
        return values

    def fields(self, word: Word, frame: Frame, *, unset_vanishes: bool = False) -> list[tuple[Text, ...]]:
        """The fields of a word after splitting, for each of its alternatives.

        ``unset_vanishes``: a bare name without a value leaves no field, as in the script it will not.
        """
        found: list[list[Field]] = [[]]
        for part, quoted in self._with_defaults(word, frame):
            pieces = self._pieces(part, frame, quoted=quoted)
            if unset_vanishes and not quoted:
                pieces = [[] if len(piece) == 1 and is_unset(piece[0].text) else piece for piece in pieces]
            found = _bounded([_appended(fields, piece) for fields in found for piece in pieces])
        return [tuple(field.text for field in fields if field.text or field.kept) for fields in found]

    def _pieces(self, part: Part, frame: Frame, *, quoted: bool) -> list[list[Field]]:
        """The fields that a part adds, for each of its alternatives; the first goes on with the last one."""
        elements = self._elements(part, frame)
        if elements is None or (isinstance(part, Parameter) and part.quoted and _star(part)):
            return [split(text, frame.separators, quoted=quoted) for text in self._part(part, frame)]
        pieces: list[list[Field]] = [[]]
        for element in elements:
            added = [split(text, frame.separators, quoted=quoted) for text in element]
            if len(added) == 1:
                for piece in pieces:
                    piece.extend(added[0])
            else:
                pieces = _bounded([[*piece, *fields] for piece in pieces for fields in added])
        return pieces

    def _with_defaults(self, word: Word, frame: Frame) -> Iterator[tuple[Part, bool]]:
        """The parts, and whether they stay whole.

        A default is split by its own quotes, so its parts replace the expansion where the default is certain.
        """
        for part in word:
            taken = self._taken(part, frame) if isinstance(part, Parameter) and not part.quoted else None
            if taken is None:
                yield part, part.quoted or isinstance(part, Literal)
            else:
                yield from ((item, item.quoted) for item in taken)

    def _taken(self, part: Parameter, frame: Frame) -> Word | None:
        if part.operator not in {":-", "-", ":+", "+"}:
            return None
        empty = {_is_empty(part, text) for text in self._value(part, frame)}
        wanted = "+" not in part.operator
        return operand(part.operand) if empty == {wanted} else None

    def _part(self, part: Part, frame: Frame) -> Values:
        match part:
            case Literal(text=text):
                return ((text,),) if text else NOTHING
            case Substitution(script=script):
                return self._captured(script, frame)
            case Parameter():
                return self._parameter(part, frame)
            case Opaque(text=text, script=script, limit=limit):
                if script:
                    self._captured(script, frame)
                return ((_over(limit, text),),) if limit else (not_computed(text),)

    def _parameter(self, part: Parameter, frame: Frame) -> Values:
        elements = self._elements(part, frame)
        if elements is not None:
            return _spaced(elements, frame.separators[:1] if part.quoted and _star(part) else " ")
        if part.operator == "length" and part.index in {"@", "*"}:
            return ((str(len(frame.arrays.get(part.name, {}))),),)
        if part.operator == "named":
            return self._named(part, frame)
        return self._by_operator(part, self._value(part, frame), frame)

    def _by_operator(self, part: Parameter, values: Values, frame: Frame) -> Values:
        if not part.operator:
            return values
        if self._depth > _DEEPEST:
            return (not_computed(part.text),)
        self._depth += 1
        try:
            return alternatives(text for value in values for text in self._operated(part, value, frame))
        finally:
            self._depth -= 1

    def _elements(self, part: Part, frame: Frame) -> list[Values] | None:
        """The elements of ``${name[@]…}`` or ``$@``; None for anything else."""
        if not isinstance(part, Parameter) or part.operator in {"length", *_DEFAULTS}:
            return None
        if part.name in {"@", "*"}:
            elements = list(frame.arguments)
        elif part.index in {"@", "*"} and part.name in frame.arrays:
            array = frame.arrays[part.name]
            elements = [(text_of(key),) for key in array] if part.operator == "named" else [*array.values()]
        else:
            return None
        if part.operator == ":":
            bounds = patterns.bounds(part.operand)
            return None if bounds is None else elements[bounds]
        if part.operator == "named":
            return elements
        return [self._by_operator(part, element, frame) for element in elements]

    def _value(self, part: Parameter, frame: Frame) -> Values:
        name = part.name
        place = number(name)
        if place == 0:
            return frame.variables.get("0", (not_computed(part.text),))
        if place is not None:
            return frame.arguments[place - 1] if 0 < place <= len(frame.arguments) else NOTHING
        if name == "#":
            return ((str(len(frame.arguments)),),)
        if name in {"?", "$", "!", "-"} or name.isdecimal():
            return (not_computed(part.text),)
        if name in {"@", "*"}:
            return _spaced(list(frame.arguments), " ")
        if name in frame.arrays:
            return self._element(frame.arrays[name], part, frame)
        return (not_computed(part.text),) if part.index else frame.get(name)

    def _element(self, array: Array, part: Parameter, frame: Frame) -> Values:
        """``${name[1]}``, ``${name[$key]}``; ``$name`` is the first element."""
        found: list[Text] = []
        for key in self.whole(operand(part.index or "0", quoted=True), frame):
            text = known(key)
            if text is not None and (text in array or not re.search(r"\W", text)):
                found += array.get(text, NOTHING)
            else:
                found += [text for values in array.values() for text in values]
        return alternatives(found)

    def _named(self, part: Parameter, frame: Frame) -> Values:
        """``${!name}``: the value of the variable that ``name`` holds the name of."""
        names = [known(text) for text in self._value(part, frame)]
        if any(not name or not name.isidentifier() for name in names):
            return (not_computed(part.text),)
        return alternatives(text for name in names for text in frame.get(name or ""))

    def _operated(self, part: Parameter, value: Text, frame: Frame) -> Values:
        """One alternative under the operator. A name without a value takes its default."""
        operator = part.operator
        empty = _is_empty(part, value)
        if operator in {":-", "-", ":=", "="}:
            return self._default(part, value, frame, empty=empty)
        if operator in {":+", "+"}:
            return NOTHING if empty else self.whole(operand(part.operand, quoted=part.quoted), frame)
        if operator in {":?", "?"}:
            return (value,)
        text = known(value)
        if text is None:
            return (value,) if len(value) == 1 else (not_computed(part.text),)
        if operator == "length":
            return ((str(len(text)),),)
        return alternatives(_applied(part, text, *found) for found in self._operands(part, frame))

    def _default(self, part: Parameter, value: Text, frame: Frame, *, empty: bool) -> Values:
        if not empty:
            return (value,)
        values = self.whole(operand(part.operand, quoted=part.quoted), frame)
        if "=" in part.operator:
            frame.variables[part.name] = values
        return values

    def _operands(self, part: Parameter, frame: Frame) -> list[tuple[Text, Text]]:
        """The pattern of an operator, and the replacement of ``/``."""
        if part.operator == ":":
            return [(text, EMPTY) for text in self.whole(operand(part.operand), frame)]
        pattern, replacement = halves(part.operand) if "/" in part.operator else (part.operand, "")
        return [
            (one, other)
            for one in self.pattern(operand(pattern), frame)
            for other in self.whole(operand(replacement), frame)
        ]


def not_computed(text: str) -> Text:
    """A value that the shell would compute and this evaluator does not."""
    text = masked_script(text)
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return (Hole(Why.OTHER, Reason("not-computed", detail=f"{short} is not computed"), text),)


def _over(limit: str, text: str) -> Hole:
    """A part that reached a limit."""
    return Hole(Why.OTHER, Reason("limit-reached", detail=limit), text)


def _is_empty(part: Parameter, value: Text) -> bool:
    return is_unset(value) or (value == EMPTY and part.operator.startswith(":"))


def _applied(part: Parameter, text: str, pattern: Text, replacement: Text) -> Text:
    one, other = known(pattern), known(replacement)
    if one is None or other is None:
        return not_computed(part.text)
    result = patterns.apply(part.operator, one, other, text)
    return text_of(result) if result is not None else not_computed(part.text)


def _star(part: Parameter) -> bool:
    return part.name == "*" or part.index == "*"


def _spaced(items: list[Values], between: str) -> Values:
    values = NOTHING
    for place, item in enumerate(items):
        values = concat(concat(values, (text_of(between),) if place and between else NOTHING), item)
    return values


def _each_string(text: Text, change: Callable[[str], str]) -> Text:
    return text_of(*(change(part) if isinstance(part, str) else part for part in text))


def _bounded(found: list[list[Field]]) -> list[list[Field]]:
    return found if len(found) <= MOST_ALTERNATIVES else [[Field((TOO_MANY,), kept=False)]]


def _appended(fields: list[Field], more: list[Field]) -> list[Field]:
    if not fields or not more:
        return [*fields, *more]
    first, *others = more
    joined = Field(text_of(*fields[-1].text, *first.text), fields[-1].kept or first.kept)
    if len(fields) + len(others) > _MOST_FIELDS:
        raise BudgetError
    return [*fields[:-1], joined, *others]
