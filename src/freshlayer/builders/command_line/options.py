"""What options state, once they are read."""

from __future__ import annotations

from collections.abc import Sequence

from freshlayer.builders.command_line.pflag import Grammar, Operand, Option, items
from freshlayer.model.reasons import Reason


def parsed(words: Sequence[str], grammar: Grammar) -> tuple[list[Option], list[Operand]]:
    """The options and the operands, each in their order."""
    found = list(items(words, grammar))
    options = [item for item in found if isinstance(item, Option)]
    return options, [item for item in found if isinstance(item, Operand)]


def values(options: Sequence[Option], name: str) -> tuple[str, ...]:
    """Every value of an option that may be given several times."""
    return tuple(option.value or "" for option in options if option.name == name)


def last(options: Sequence[Option], name: str) -> str:
    """The value that counts; empty where the option is not given."""
    return next(iter(values(options, name)[-1:]), "")


def is_on(options: Sequence[Option], name: str) -> bool:
    """Whether a switch is on."""
    return any(option.is_on for option in [it for it in options if it.name == name][-1:])


def unknown(options: Sequence[Option]) -> tuple[str, ...]:
    """The names of options that the grammar does not have."""
    return tuple(option.name for option in options if not option.known)


def unknown_option(names: Sequence[str], whose: str) -> Reason | None:
    """Why words with such options are not understood; None where there is no such option."""
    if not names:
        return None
    return Reason("option-unknown", detail=f"freshlayer does not know {whose} --{names[0]}")
