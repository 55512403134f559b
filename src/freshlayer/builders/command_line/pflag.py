"""Words of a command line, read as spf13/pflag reads them: the library of docker and of podman."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
"""What Go's ``strconv.ParseBool`` takes for no: in options, and in docker's variables."""


class Grammar(Struct, frozen=True):
    """The options of one command. ``valued`` take a value, ``switches`` none.

    ``letters`` and ``switch_letters``: a letter → the option that it is short for. Without ``interspersed``
    the first operand ends the options, as before the name of a command.
    """

    valued: frozenset[str]
    switches: frozenset[str]
    letters: Mapping[str, str] = field(default_factory=dict)
    switch_letters: Mapping[str, str] = field(default_factory=dict)
    interspersed: bool = True


class Option(Struct, frozen=True):
    """``start`` and ``end``: the places in the argument vector that it takes up. A switch has no value.

    ``before``: the switches that share its word, as ``q`` in ``-qf FILE``.
    """

    name: str
    value: str | None
    start: int
    end: int
    known: bool = True
    before: str = ""

    @property
    def is_on(self) -> bool:
        """Whether a switch is on: its value may be given (``--quiet=false``)."""
        return self.value not in FALSE


class Operand(Struct, frozen=True):
    """A word that is no option."""

    value: str
    start: int


def items(words: Sequence[str], grammar: Grammar) -> Iterator[Option | Operand]:
    """Read every word. Never fails: an option that the grammar lacks is one that is not ``known``."""
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            yield from _operands(words, place + 1)
            return
        if word == "-" or not word.startswith("-"):
            if not grammar.interspersed:
                yield from _operands(words, place)
                return
            yield Operand(word, place)
            place += 1
            continue
        found = _long(words, place, grammar) if word.startswith("--") else _short(words, place, grammar)
        yield from found
        place = found[-1].end


def _operands(words: Sequence[str], start: int) -> Iterator[Operand]:
    yield from (Operand(word, place) for place, word in enumerate(words[start:], start))


def _long(words: Sequence[str], place: int, grammar: Grammar) -> list[Option]:
    name, equals, value = words[place][2:].partition("=")
    known = name in grammar.valued or name in grammar.switches
    if equals:
        return [Option(name, value, place, place + 1, known)]
    if name in grammar.valued and place + 1 < len(words):
        return [Option(name, words[place + 1], place, place + 2)]
    return [Option(name, None, place, place + 1, known)]


def _short(words: Sequence[str], place: int, grammar: Grammar) -> list[Option]:
    """``-t x``, ``-tx``, ``-t=x``, and switches run together: ``-qt x``."""
    found: list[Option] = []
    letters = words[place][1:]
    for at, letter in enumerate(letters):
        rest = letters[at + 1 :]
        if letter in grammar.letters:
            attached = rest.removeprefix("=") or None
            follows = words[place + 1] if place + 1 < len(words) else None
            end = place + (1 if rest else 2)
            value = attached if rest else follows
            found.append(Option(grammar.letters[letter], value, place, end, before=letters[:at]))
            return found
        name = grammar.switch_letters.get(letter, letter)
        found.append(Option(name, None, place, place + 1, letter in grammar.switch_letters))
        if rest.startswith("="):
            return found
    return found
