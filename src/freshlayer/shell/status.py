"""How statements end, and the programs that were met on the way."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from freshlayer.model.inputs import ScriptPlace
from freshlayer.shell.files import NO_FILES, FilesSeen
from freshlayer.shell.values import NOTHING, Text, Values


class BudgetError(Exception):
    """The script takes more work than it is worth."""


class Status(Enum):
    """How a statement ends. PRESUMED: a program, most likely a success; OPEN: a condition not decided."""

    TRUE = "true"
    FALSE = "false"
    PRESUMED = "presumed"
    OPEN = "open"

    # That of ``Enum`` is written in Python, and slow; each member exists once.
    __hash__ = object.__hash__


def opposite(status: Status) -> Status:
    """How ``! statement`` ends."""
    if status is Status.TRUE:
        return Status.FALSE
    return Status.TRUE if status is Status.FALSE else Status.OPEN


def together(statuses: list[Status]) -> Status:
    """How one of several ways ends, which it may be."""
    if len(statuses) == 1:
        return statuses[0]
    different = set(statuses)
    if len(different) <= 1:
        return different.pop() if different else Status.TRUE
    return Status.PRESUMED if different == {Status.TRUE, Status.PRESUMED} else Status.OPEN


class Call(Struct, frozen=True):
    """A program that a script runs. ``given``: what is known of its standard input.

    ``proxies``: the variables that name a proxy, as far as they have a known value there. ``directory``: the
    working directory, in which an unknown part is as written. ``place``: where in a script file. ``files``:
    those of the image when it runs. ``settings``: what the script itself sets of the variables that configure
    package managers; empty where the value is not known. ``home``: what ``~`` means there.
    """

    words: tuple[Text, ...]
    given: Values = NOTHING
    proxies: tuple[tuple[str, str], ...] = ()
    directory: str = "/"
    place: ScriptPlace | None = None
    files: FilesSeen = NO_FILES
    settings: tuple[tuple[str, str], ...] = ()
    home: str = "/root"


class CommandResult(Struct, frozen=True):
    """How a statement ended, and what it wrote to standard output."""

    status: Status
    out: Values = NOTHING


DONE = CommandResult(Status.TRUE)
