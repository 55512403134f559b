"""Command-line options read as getopt and curl read them: enough to know a value from an operand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from freshlayer.discover.syntaxes.found import Unknown, Word, Words


class OptionTable(Struct, frozen=True):
    """``short``: letters that take a value. ``long``: names (without ``--``) that take one.

    ``aliases``: letter → long name. ``joined``: words of one dash that are one switch (wget's ``-nv``).
    ``switches``: long names that take no value and are the beginning of one that does. ``alone``: word →
    name, of switches as they are most often written; other words may be switches too.
    """

    short: frozenset[str]
    long: frozenset[str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    alone: Mapping[str, str] = field(default_factory=dict)

    def completed(self, name: str) -> str:
        """The long name of which this is a unique beginning (getopt_long(3)); else itself."""
        if name in self.long or name in self.switches or not name:
            return name
        longer = {
            option for names in (self.long, self.switches) for option in names if option.startswith(name)
        }
        return longer.pop() if len(longer) == 1 else name

    @classmethod
    def of(
        cls, long: str, letters: Mapping[str, str], switches: Mapping[str, str] | None = None
    ) -> OptionTable:
        """``long`` separated by blanks; ``letters`` take a value, ``switches`` don't."""
        return cls(frozenset(letters), frozenset(long.split()), {**letters, **(switches or {})})


class Option(Struct, frozen=True):
    """An option by its long name, or its letter where it has none; None value for a switch."""

    name: str
    value: Word | None


class Operand(Struct, frozen=True):
    """A word that is neither an option nor the value of one."""

    value: Word


def switches_and_words(arguments: Words, table: OptionTable) -> tuple[list[str], list[str]] | None:
    """Names of switches, and operands: of a command that is known and has no other options, as most."""
    if Unknown in map(type, arguments):
        return None
    names: list[str] = []
    words: list[str] = []
    for word in map(str, arguments):
        if word[:1] != "-":
            words.append(word)
        elif word in table.alone:
            names.append(table.alone[word])
        else:
            return None
    return names, words


def read(arguments: Words, table: OptionTable) -> list[Option | Operand]:
    """Options and operands in order. ``--`` ends the options."""
    found: list[Option | Operand] = []
    waiting = iter(arguments)
    for word in waiting:
        if not isinstance(word, str):
            found.append(_partly_known(word, table) or Operand(word))
        elif word[:1] != "-" or word == "-":
            found.append(Operand(word))
        elif word == "--":
            found += map(Operand, waiting)
        elif word[1] == "-":
            found.append(_long(word[2:], waiting, table))
        elif word in table.joined:
            found.append(Option(word, None))
        else:
            _add_short(found, word[1:], waiting, table)
    return found


def _partly_known(word: Unknown, table: OptionTable) -> Option | None:
    """``--header=X:$Y`` and ``-o$F`` are options, though their value is not known."""
    if not word.known.startswith("-"):
        return None
    name, equals, value = word.known.removeprefix("--").partition("=")
    if word.known.startswith("--"):
        is_name = equals and "…" not in name
        return Option(name, Unknown(word.reason, word.text, value)) if is_name else None
    letter, value = word.known[1:2], word.known[2:]
    if letter not in table.short:
        return None
    return Option(table.aliases.get(letter, letter), Unknown(word.reason, word.text, value))


def _long(word: str, waiting: Iterator[Word], table: OptionTable) -> Option:
    name, equals, value = word.partition("=")
    name = table.completed(name)
    if equals:
        return Option(name, value)
    if name in table.long:
        return Option(name, next(waiting, None))
    return Option(name, None)


def _add_short(
    found: list[Option | Operand], letters: str, waiting: Iterator[Word], table: OptionTable
) -> None:
    aliases, valued = table.aliases, table.short
    for place, letter in enumerate(letters, 1):
        name = aliases.get(letter, letter)
        if letter in valued:
            found.append(Option(name, letters[place:] or next(waiting, None)))
            return
        found.append(Option(name, None))
