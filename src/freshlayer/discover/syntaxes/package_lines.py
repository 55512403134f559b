"""Command lines of package managers, before it is known which files configure the manager."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from freshlayer.discover.syntaxes.found import Unknown, Word, Words
from freshlayer.discover.syntaxes.options import Operand, OptionTable, read, switches_and_words
from freshlayer.model.packages import PackageAction

Options = tuple[tuple[str, Word], ...]
"""(long name, value) in order; the value of a switch is empty."""


class CommandLine(Struct, frozen=True):
    """What one command line does, as ``model.packages.PackageCommand`` has it.

    ``verb``: the subcommand as typed. ``action`` is None for one that downloads and installs nothing: it is
    listed.
    """

    verb: str
    action: PackageAction | None
    words: tuple[Word, ...] = ()
    options: Options = ()
    updates: bool = False


class Divided(Struct, frozen=True):
    """``verb``: the subcommand; ``words``: what follows it. ``before``: whether there is a word before it."""

    verb: str
    words: tuple[Word, ...]
    options: Options

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return bool(self.options) and not {name for name, _ in self.options}.isdisjoint(names)


def undoes(command: Divided) -> bool:
    """``history undo``, ``redo``, ``rollback``, ``replay``: packages are read again; the rest of it is local.

    A word that is not known may be one of these.
    """
    first = command.words[0] if command.words else ""
    return isinstance(first, Unknown) or first in {"undo", "redo", "rollback", "replay"}


def listed(command: Divided) -> tuple[CommandLine, ...]:
    """A command that downloads, and that is not computed."""
    return (CommandLine(command.verb, None, command.words, command.options),)


Grammar = Callable[[str, Words], tuple[CommandLine, ...]]
"""Program and arguments → what the command does; nothing for a command that reads no index."""


def divided(arguments: Words, table: OptionTable, names: Mapping[str, str]) -> Divided:
    """Subcommand, words and options. ``names``: spelling of an option → its long name.

    A word before the subcommand whose value is not known is an option, or nothing: a command that works has
    its subcommand behind it.
    """
    plain = switches_and_words(arguments, table)
    if plain is not None:
        first, *others = plain[1] or [""]
        return Divided(first, tuple(others), tuple([(names.get(name, name), "") for name in plain[0]]))
    operands: list[Word] = []
    options: list[tuple[str, Word]] = []
    for item in read(arguments, table):
        if isinstance(item, Operand):
            if operands or not isinstance(item.value, Unknown):
                operands.append(item.value)
        else:
            options.append((names.get(item.name, item.name), "" if item.value is None else item.value))
    verb = operands[0] if operands and isinstance(operands[0], str) else ""
    return Divided(verb, tuple(operands[1:]), tuple(options))


def table_of(text: str) -> tuple[OptionTable, dict[str, str]]:
    """A table as it is written: ``long`` names with their letters and other names; ``=``: with a value.

    ``target-release,t,default-release=`` reads ``-t X``, ``--target-release X`` and ``--default-release X``.
    """
    letters: set[str] = set()
    valued: set[str] = set()
    switches: set[str] = set()
    names: dict[str, str] = {}
    for entry in text.split():
        first, *others = entry.rstrip("=").split(",")
        for name in (first, *others):
            names[name] = first
            if entry.endswith("="):
                (letters if len(name) == 1 else valued).add(name)
            else:
                switches.add(name)
    long = frozenset(name for name in valued if len(name) > 1)
    alone = {f"{'-' if len(name) == 1 else '--'}{name}": name for name in switches - letters - valued}
    return OptionTable(frozenset(letters), long, switches=frozenset(switches), alone=alone), names
