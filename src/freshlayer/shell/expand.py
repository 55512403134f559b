"""Words → fields: parameters, substitutions, splitting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import cast

from msgspec.structs import replace

from freshlayer.model.reasons import Reason
from freshlayer.shell import arithmetic, patterns
from freshlayer.shell.frame import Frame
from freshlayer.shell.parameters import (
    elements,
    is_certain,
    is_star,
    not_computed,
    plain_values,
    values_of,
)
from freshlayer.shell.status import BudgetError, Status
from freshlayer.shell.syntax.nodes import (
    Arithmetic,
    Literal,
    Opaque,
    Parameter,
    Part,
    Substitution,
    Word,
)
from freshlayer.shell.syntax.operands import operand
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
    bodies_of,
    concat,
    is_one,
    is_unset,
    known,
    split,
    text_of,
)

_DEEPEST = 8
_MOST_FIELDS = 2000
_MOST_VARIANTS = 200


class Expander:
    """``captured`` gives the output of the script of a substitution, and how it ended.

    ``substituted``: how the last substitution ended.
    """

    def __init__(self, captured: Callable[[str, Frame], tuple[Values, Status]]) -> None:
        self.substituted = Status.TRUE
        self._captured = captured
        self._depth = 0

    def whole(self, word: Word, frame: Frame) -> Values:
        """A word that is not split: the value of an assignment, of a case, a quoted string."""
        if len(word) == 1:
            return self._part(word[0], frame)
        values = NOTHING
        for part in word:
            values = concat(values, self._part(part, frame))
        return values

    def quoted(self, text: str, frame: Frame) -> Values:
        """A text as between double quotes."""
        return self.whole(operand(text, quoted=True), frame)

    def pattern(self, word: Word, frame: Frame, protect: Callable[[str], str] = patterns.protected) -> Values:
        """The same for a pattern: quoted text is literal."""
        values = NOTHING
        if len(word) == 1 and not word[0].quoted:
            return self._part(word[0], frame)
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
        only = word[0] if len(word) == 1 else None
        if type(only) is Literal and only.text:
            return [((only.text,),)]
        if only is not None and only.quoted and self._depth <= _DEEPEST:
            values = plain_values(only, frame) if isinstance(only, Parameter) else self._part(only, frame)
            if values is not None:
                values = values if len(values) <= MOST_ALTERNATIVES else ((TOO_MANY,),)
                return [(value,) for value in values]
        plain = None if unset_vanishes else self._plain(word, frame)
        if plain:
            return [(plain,)]
        found: list[list[Field]] = [[]]
        for part, quoted in self._with_defaults(word, frame):
            pieces = self._pieces(part, frame, quoted=quoted)
            if unset_vanishes and not quoted:
                pieces = [[] if len(piece) == 1 and is_unset(piece[0].text) else piece for piece in pieces]
            found = _bounded([_appended(fields, piece) for fields in found for piece in pieces])
        return [tuple(field.text for field in fields if field.text or field.kept) for fields in found]

    def plain_fields(self, words: tuple[Word, ...], frame: Frame) -> tuple[Text, ...] | None:
        """The fields of words of text and plain variables, each of one value; else None.

        Nothing changes by looking.
        """
        found: list[Text] = []
        for word in words:
            only = word[0] if len(word) == 1 else None
            plain = (only.text,) if type(only) is Literal and only.text else self._plain(word, frame)
            if not plain:
                return None
            found.append(plain)
        return tuple(found)

    def _plain(self, word: Word, frame: Frame) -> Text | None:
        """The one field of a word of text and plain variables, as most are; None for every other word.

        Nothing changes by looking: where it is no such word, all its parts are expanded once more.
        """
        found: list[str | Hole] = []
        holes = False
        for part in word:
            if type(part) is Literal:
                found.append(part.text)
                continue
            if type(part) is not Parameter or self._depth > _DEEPEST:
                return None
            values = plain_values(part, frame)
            if values is None or len(values) != 1:
                return None
            value = values[0]
            only = known(value)
            if not part.quoted and not is_one(value, frame.separators):
                return None
            if only is None:
                found += value
                holes = True
            else:
                found.append(only)
        if holes:
            return text_of(*found)
        text = "".join(cast(list[str], found))
        return (text,) if text else EMPTY

    def _pieces(self, part: Part, frame: Frame, *, quoted: bool) -> list[list[Field]]:
        """The fields that a part adds, for each of its alternatives; the first goes on with the last one."""
        items = elements(part, frame, self) if isinstance(part, Parameter) else None
        if items is None or (isinstance(part, Parameter) and part.quoted and is_star(part)):
            return [split(text, frame.separators, quoted=quoted) for text in self._part(part, frame)]
        pieces: list[list[Field]] = [[]]
        for element in items:
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
            unquoted = isinstance(part, Parameter) and not part.quoted
            taken = is_certain(part, frame, self) if unquoted and isinstance(part, Parameter) else None
            if taken is None:
                yield part, part.quoted or isinstance(part, Literal)
            else:
                yield from ((item, item.quoted) for item in taken)

    def _part(self, part: Part, frame: Frame) -> Values:
        if isinstance(part, Literal):
            return ((part.text,),) if part.text else NOTHING
        if isinstance(part, Parameter):
            return self._parameter(part, frame)
        if isinstance(part, Substitution):
            return self._output(part.script, frame)
        if isinstance(part, Arithmetic):
            return arithmetic.compute(part.expression, frame, self.quoted)
        return self._opaque(part, frame)

    def _opaque(self, part: Opaque, frame: Frame) -> Values:
        if part.script:
            return (_file_with(self._captured(part.script, frame)[0], part.text),)
        return ((_over(part.limit, part.text),),) if part.limit else (not_computed(part.text),)

    def _output(self, script: str, frame: Frame) -> Values:
        values, self.substituted = self._captured(script, frame)
        return values

    def _parameter(self, part: Parameter, frame: Frame) -> Values:
        if self._depth > _DEEPEST:
            return (not_computed(part.text),)
        self._depth += 1
        try:
            return values_of(part, frame, self)
        finally:
            self._depth -= 1


def _file_with(out: Values, text: str) -> Text:
    """``<(…)``: the path of a file that holds the output of a script."""
    hole = not_computed(text)[0]
    sources = bodies_of(out)
    return (replace(hole, file=sources[0]),) if len(sources) == 1 and isinstance(hole, Hole) else (hole,)


def _over(limit: str, text: str) -> Hole:
    """A part that reached a limit."""
    return Hole(Why.OTHER, Reason("limit-reached", detail=limit), text)


def _each_string(text: Text, change: Callable[[str], str]) -> Text:
    return text_of(*(change(part) if isinstance(part, str) else part for part in text))


def _bounded(found: list[list[Field]]) -> list[list[Field]]:
    return found if len(found) <= MOST_ALTERNATIVES else [[Field((TOO_MANY,), kept=False)]]


def _appended(fields: list[Field], more: list[Field]) -> list[Field]:
    if len(fields) + len(more) > _MOST_FIELDS:
        raise BudgetError
    if not fields or not more:
        return [*fields, *more]
    first, *others = more
    joined = Field(text_of(*fields[-1].text, *first.text), fields[-1].kept or first.kept)
    return [*fields[:-1], joined, *others]


def literal_fields(words: tuple[Word, ...]) -> tuple[Text, ...] | None:
    """The fields of words of which each is one literal, as those of most commands are; else None."""
    found: list[Text] = []
    for word in words:
        first = word[0] if len(word) == 1 else None
        if type(first) is not Literal or not first.text:
            return None
        found.append((first.text,))
    return tuple(found)


def one_at_a_time(words: list[list[tuple[Text, ...]]]) -> list[tuple[Text, ...]]:
    """The fields of a command: each alternative of a word once, beside the first of the others.

    Raises BudgetError where there are too many.
    """
    first = [options[0] for options in words]
    variants = [tuple(chain.from_iterable(first))]
    for place, options in enumerate(words):
        if len(options) == 1:
            continue
        for option in options[1:]:
            chosen = [*first[:place], option, *first[place + 1 :]]
            variants.append(tuple(chain.from_iterable(chosen)))
    if len(variants) > _MOST_VARIANTS:
        raise BudgetError
    return variants
