"""Program → its row, and a command read by it: subcommand, operands, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

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
    that take a value; ``read``: those whose value is a URL or a file that is read.
    """

    verbs: tuple[tuple[str, ...], ...] = ()
    values: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()

    @classmethod
    def of(cls, verbs: str = "", values: str = "", read: str = "") -> Row:
        """Each separated by blanks."""
        subcommands = tuple(tuple(word.split("/")) for word in verbs.split())
        return cls(subcommands, frozenset(values.split()), frozenset(read.split()))

    def completed(self, option: str) -> str:
        """The long option of which this is a unique beginning, as optparse and getopt_long take it."""
        if len(option) < _SHORTEST_BEGINNING or option in self.values or option in self.read:
            return option
        if option in _SWITCHES:
            return option
        longer = [name for name in self.values | self.read if name.startswith(option)]
        return longer[0] if len(longer) == 1 else option


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
        return any(name in names for name, _ in self.options)


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
    found = _subcommand(name, arguments, row)
    if found is None:
        return None
    verb, size = found
    operands: Words = []
    options: list[tuple[str, Word | None]] = []
    for option, value in _read(name, arguments, row):
        if option:
            options.append((option, value))
        elif value is not None:
            operands.append(value)
    if verb:
        operands = operands[operands.index(verb.split("/")[0]) + size :]
    return Invocation(name, verb, operands, tuple(options), row, given)


def _informs(arguments: Words) -> bool:
    """``--version`` and ``--help`` at the end of a command: nothing is fetched."""
    last = arguments[-1] if arguments else ""
    return last in _INFORMATION or (len(arguments) == 1 and last in {"-V", "-v", "-h"})


def _read(name: str, arguments: Words, row: Row) -> Iterator[tuple[str, Word | None]]:
    """(option, its value) and ("", operand), in order."""
    waiting = list(reversed(arguments))
    while waiting:
        word = waiting.pop()
        text = word.known if isinstance(word, Unknown) else word
        if not text.startswith("-") or text == "-":
            yield "", word
            continue
        option, equals, value = text.partition("=")
        option = row.completed(option)
        if equals:
            yield option, Unknown(word.reason, word.text, value) if isinstance(word, Unknown) else value
        elif option in row.values or option in row.read or _holds_secret(option, name, waiting):
            yield option, waiting.pop() if waiting else None
        elif option != "--":
            yield option, None


def _holds_secret(option: str, name: str, waiting: Words) -> bool:
    """Whether the next word is a password, which no message may show; a URL is masked by itself."""
    word = waiting[-1] if waiting else ""
    return isinstance(word, str) and "://" not in word and bool(word) and takes_secret(option, name)


def _subcommand(name: str, arguments: Words, row: Row) -> tuple[str, int] | None:
    """The subcommand and the number of its words, where it is one that fetches.

    A word behind an option may be its value, so that the subcommand can still follow.
    """
    if not row.verbs:
        return "", 0
    behind_option = False
    words = list(_words(name, arguments, row))
    for place, word in enumerate(words):
        if word is None or word.startswith(_NOT_A_SUBCOMMAND):
            if word and any(word.startswith(verb[0]) for verb in row.verbs if verb[0][0] in "-+"):
                return "", 0
            behind_option = word is None or "=" not in word
            continue
        plain = tuple(
            other for other in words[place:] if other is not None and not other.startswith(_NOT_A_SUBCOMMAND)
        )
        fitting = [verb for verb in row.verbs if plain[: len(verb)] == verb]
        if fitting:
            best = max(fitting, key=len)
            return "/".join(best), len(best)
        if not behind_option:
            return None
        behind_option = False
    operands = any(word is not None and not word.startswith(_NOT_A_SUBCOMMAND) for word in words)
    return ("", 0) if (".",) in row.verbs and not operands else None


def _words(name: str, arguments: Words, row: Row) -> Iterator[str | None]:
    """The words without the values of options that are known to take one; None for what is not known."""
    for option, value in _read(name, arguments, row):
        if not option:
            yield value if isinstance(value, str) else None
        elif option in row.values or option in row.read:
            yield f"{option}="
        else:
            yield option if value is None else f"{option}="
