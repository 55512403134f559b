"""Script text → nodes: plain commands by their blanks, everything else by a grammar."""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import AndOr, Command, Literal, Script, Sequence, Statement, Word

_CONTINUED = compiled(r"(?<!\\)\\\n")
_PLAIN = compiled(r"[\w./:@%+,=&\t -]+", re.ASCII)
"""Characters that no shell changes in an argument, and those between arguments and commands."""
_PROGRAM = compiled(r"[\w./][\w./+-]*", re.ASCII)
_NOT_COMMANDS = frozenset(
    "if then elif else fi for while until do done case esac in select function time coproc"
    " declare typeset export readonly local unset unsetenv".split()
)


@lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """Parse a script. Never fails: what is not understood is left out, and ``whole`` is False then."""
    joined = _CONTINUED.sub("", text) if "\\" in text else text
    plain = _plain(joined)
    if plain is not None:
        return Script(Sequence((plain,)), whole=True, lines=_line_numbers(text))
    from freshlayer.shell.syntax.grammar import statements_of  # noqa: PLC0415 - loads the parser's library

    return Script(*statements_of(joined), _line_numbers(text))


def parse_quoted(text: str) -> Word | None:
    """An expansion as between double quotes; None where it is none."""
    from freshlayer.shell.syntax.grammar import quoted_word  # noqa: PLC0415 - loads the parser's library

    return quoted_word(text)


def _line_numbers(text: str) -> tuple[int, ...]:
    """The first line of each row, where continued lines are joined to one."""
    if "\\\n" not in text:
        return ()
    lines = text.split("\n")
    return (1, *(n + 1 for n in range(1, len(lines)) if not re.search(r"(?<!\\)\\\Z", lines[n - 1])))


def _plain(text: str) -> Statement | None:
    """Commands of plain words, with ``&&`` between them; None for every other script."""
    if not _PLAIN.fullmatch(text):
        return None
    found: Statement | None = None
    for written in text.split("&&"):
        words = written.split()
        if not words or "&" in written or not _PROGRAM.fullmatch(words[0]) or words[0] in _NOT_COMMANDS:
            return None
        command = Command(tuple((Literal(word),) for word in words), written.strip())
        found = AndOr(found, "&&", command) if found else command
    return found
