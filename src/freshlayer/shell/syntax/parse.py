"""Script text → nodes: plain scripts by their separators, everything else by a grammar."""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import AndOr, Command, Script, Sequence, Statement, Word
from freshlayer.shell.syntax.plain import Beginning, beginning, whole
from freshlayer.shell.syntax.plain_commands import literal_command
from freshlayer.shell.syntax.plain_words import CHARACTERS

_CONTINUED = compiled(r"(?<!\\)\\\n")
_LITERAL = compiled(rf"[{CHARACTERS} \t]*+", ASCII)
_PLACEHOLDER = ":"
_NAMED = compiled(r"\$[A-Za-z_\d]", ASCII)


@lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """Parse a script. Never fails: what is not understood is left out, and ``whole`` is False then."""
    joined = _CONTINUED.sub("", text) if "\\\n" in text else text
    command = literal_command(joined.strip(" \t")) if _LITERAL.fullmatch(joined) else None
    if command:
        return Script(Sequence((command,)), whole=True, lines=_line_numbers(text) if joined != text else ())
    found = beginning(joined)
    if not found.rest:
        plain = whole(found)
    else:
        plain = _with_compounds(found) if "\n" not in found.rest else _of_lines(joined)
    if plain:
        return Script(plain, whole=True, lines=_line_numbers(text))
    from freshlayer.shell.syntax.grammar import statements_of  # noqa: PLC0415 - loads the parser's library

    body = None
    # The grammar drops a mark of byte order at the beginning of what it reads.
    if found.rest and found.rest[0] != "\ufeff" and (found.statements or found.left):
        named = _NAMED.search(joined, 0, len(joined) - len(found.rest)) is not None
        body = _continued(found, as_written=named)
    if body is not None:
        return Script(body, whole=True, lines=_line_numbers(text))
    return Script(*statements_of(joined), _line_numbers(text))


def _with_compounds(start: Beginning) -> Sequence | None:
    from freshlayer.shell.syntax.plain_compounds import with_compounds  # noqa: PLC0415 - few scripts have one

    return with_compounds(start)


def _of_lines(text: str) -> Sequence | None:
    from freshlayer.shell.syntax.plain_lines import of_lines  # noqa: PLC0415 - few scripts have some

    return of_lines(text)


def _continued(start: Beginning, *, as_written: bool) -> Sequence | None:
    """With the rest as the grammar reads it; None where the grammar has to see all of the script.

    ``as_written``: so that it has to where the rest has a name that it is given as ``${name}``.
    """
    from freshlayer.shell.syntax.grammar import statements_of  # noqa: PLC0415 - loads the parser's library

    if start.left is None:
        following, whole = statements_of(start.rest, as_written=as_written)
        return Sequence((*start.statements, *following.statements)) if whole else None
    rest = f"{_PLACEHOLDER} {start.operator} {start.rest}"
    following, whole = statements_of(rest, as_written=as_written)
    first = _with_left(following.statements[0], start.left) if whole and following.statements else None
    if first is None:
        return None
    return Sequence((*start.statements, first, *following.statements[1:]))


def _with_left(statement: Statement, left: Statement) -> Statement | None:
    """The statement with ``left`` for the placeholder at its beginning."""
    behind: list[AndOr] = []
    while isinstance(statement, AndOr):
        behind.append(statement)
        statement = statement.left
    if not isinstance(statement, Command) or statement.text != _PLACEHOLDER:
        return None
    for item in reversed(behind):
        left = AndOr(left, item.operator, item.right)
    return left


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
