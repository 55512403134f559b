"""Our own shell nodes, so that nothing beyond ``shell.parse`` sees the parser's library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as it stands after quote removal. ``quoted`` text is never split into words."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name…}``; ``text`` is the whole expansion as written."""

    name: str
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose value is not computed: a command substitution, arithmetic, an odd quoting."""

    text: str


Part = Literal | Parameter | Opaque
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command; ``text`` as written."""

    words: tuple[Word, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """All simple commands of a script, wherever they stand, and the names that it sets itself.

    ``whole`` is False where the parser met something that it does not know.
    """

    commands: tuple[Command, ...]
    assigned: frozenset[str]
    whole: bool
