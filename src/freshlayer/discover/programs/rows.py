"""Program → its row, and a command read by it: subcommand, operands, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from msgspec import Struct

from freshlayer.discover.syntaxes.found import Unknown, Word, Words
from freshlayer.masking import takes_secret

_NOT_A_SUBCOMMAND = ("-", "+", "_")
"""How options begin, a toolchain of cargo, and a version of bundler."""
_SHORTEST_BEGINNING = len("--index")
_SWITCHES = frozenset({"--upgrade", "--no-binary", "--global"})
"""Options without a value that are the beginning of one with a value."""
_INFORMATION = frozenset({"--version", "-version", "--help", "-help", "version", "help"})


class Row(Struct, frozen=True):
    """A program, as its table describes it.

    ``verbs``: the subcommands that fetch, each as its words; none: every command does. ``values``: options
    that take a value; ``read``: those whose value is a URL or a file that is read. ``first``: the first
    words of the subcommands; ``marked``: those that begin as an option; ``longest``: the most words of one.
    ``beginnings``: of the long options with a value.
    """

    verbs: tuple[tuple[str, ...], ...] = ()
    values: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    first: frozenset[str] = frozenset()
    marked: tuple[str, ...] = ()
    longest: int = 0
    beginnings: frozenset[str] = frozenset()

    @classmethod
    def of(cls, verbs: str = "", values: str = "", read: str = "") -> Row:
        """Each separated by blanks."""
        subcommands = tuple(tuple(word.split("/")) for word in verbs.split())
        first = frozenset(words[0] for words in subcommands)
        marked = tuple(word for word in first if word[0] in "-+")
        longest = max(map(len, subcommands), default=0)
        valued, fetched = frozenset(values.split()), frozenset(read.split())
        beginnings = frozenset(name[:_SHORTEST_BEGINNING] for name in valued | fetched)
        return cls(subcommands, valued, fetched, first, marked, longest, beginnings)

    def completed(self, option: str) -> str:
        """The long option of which this is a unique beginning, as optparse and getopt_long take it."""
        if option[:_SHORTEST_BEGINNING] not in self.beginnings or len(option) < _SHORTEST_BEGINNING:
            return option
        if option in self.values or option in self.read or option in _SWITCHES:
            return option
        longer = {name for names in (self.values, self.read) for name in names if name.startswith(option)}
        return longer.pop() if len(longer) == 1 else option


class Invocation(Struct, frozen=True):
    """A command of a known program. ``verb``: its subcommand; ``operands``: what is behind that.

    ``options``: in order, each with its value where it takes one. ``given``: what is known of its input.
    """

    name: str
    verb: str
    operands: Words
    options: tuple[tuple[str, Word | None], ...]
    row: Row
    given: tuple[str, ...] = ()

    def value(self, *names: str) -> Word | None:
        """The value of the last of these options that is given."""
        found = [value for name, value in self.options if name in names and value is not None]
        return found[-1] if found else None

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return bool(self.options) and not {name for name, _ in self.options}.isdisjoint(names)


Items = list[tuple[str, Word | None]]
"""(option, its value), and ("", operand)."""


@cache
def rows(table: str) -> dict[str, Row]:
    """A table as it is written → program → its row."""
    found: dict[str, Row] = {}
    for line in re.sub(r"\n\s+", " ", table).strip().splitlines():
        names, *fields = (field.strip() for field in line.split("|"))
        row = Row.of(*fields[:3])
        found.update(dict.fromkeys(names.split(), row))
    return found


def invoked(name: str, arguments: Words, row: Row, given: tuple[str, ...] = ()) -> Invocation | None:
    """The command as its row reads it; None where its subcommand does not fetch, or only informs."""
    if _informs(arguments):
        return None
    items = _read(name, arguments, row)
    found = _subcommand(items, row)
    if found is None:
        return None
    verb, size = found
    operands: Words = [value for option, value in items if not option and value is not None]
    options = tuple([item for item in items if item[0]])
    if verb:
        operands = operands[operands.index(verb.partition("/")[0]) + size :]
    return Invocation(name, verb, operands, options, row, given)


def _informs(arguments: Words) -> bool:
    """``--version`` and ``--help`` at the end of a command: nothing is fetched."""
    last = arguments[-1] if arguments else ""
    return last in _INFORMATION or (len(arguments) == 1 and last in {"-V", "-v", "-h"})


def _read(name: str, arguments: Words, row: Row) -> Items:
    """In the order of the words."""
    found: Items = []
    waiting = arguments[::-1]
    while waiting:
        word = waiting.pop()
        text = word if isinstance(word, str) else word.known
        if text[:1] != "-" or text == "-":
            found.append(("", word))
            continue
        option, equals, value = text.partition("=")
        option = row.completed(option)
        if equals:
            given = Unknown(word.reason, word.text, value) if isinstance(word, Unknown) else value
            found.append((option, given))
        elif option in row.values or option in row.read or _holds_secret(option, name, waiting):
            found.append((option, waiting.pop() if waiting else None))
        elif option != "--":
            found.append((option, None))
    return found


def _holds_secret(option: str, name: str, waiting: Words) -> bool:
    """Whether the next word is a password, which no message may show; a URL is masked by itself."""
    word = waiting[-1] if waiting else ""
    return isinstance(word, str) and "://" not in word and bool(word) and takes_secret(option, name)


def _subcommand(items: Items, row: Row) -> tuple[str, int] | None:
    """The subcommand and the number of its words, where it is one that fetches.

    A word behind an option may be its value, so that the subcommand can still follow.
    """
    if not row.verbs:
        return "", 0
    behind_option = False
    for place, (option, value) in enumerate(items):
        word = _word(option, value, row) if option else value if isinstance(value, str) else None
        if word is None or word.startswith(_NOT_A_SUBCOMMAND):
            if word and row.marked and word.startswith(row.marked):
                return "", 0
            behind_option = word is None or "=" not in word
            continue
        if word in row.first:
            if row.longest == 1:
                return word, 1
            if best := _longest(items[place:], row):
                return "/".join(best), len(best)
        if not behind_option:
            return None
        behind_option = False
    return ("", 0) if (".",) in row.verbs and next(_plain(items, row), None) is None else None


def _longest(items: Items, row: Row) -> tuple[str, ...]:
    """The longest subcommand that the words begin with; options may be between its words."""
    plain = tuple(islice(_plain(items, row), row.longest))
    fitting = [verb for verb in row.verbs if plain[: len(verb)] == verb]
    return max(fitting, key=len, default=())


def _plain(items: Items, row: Row) -> Iterator[str]:
    """The words that are no options, as far as they are known."""
    words = (_word(option, value, row) for option, value in items)
    return (word for word in words if word is not None and not word.startswith(_NOT_A_SUBCOMMAND))


def _word(option: str, value: Word | None, row: Row) -> str | None:
    """A word, without the value of an option that is known to take one; None for what is not known."""
    if not option:
        return value if isinstance(value, str) else None
    takes_one = value is not None or option in row.values or option in row.read
    return f"{option}=" if takes_one else option
