"""Plain scripts → nodes by their blanks, quotes and separators, as most RUN are: the grammar takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import AndOr, Command, Pipeline, Sequence, Statement
from freshlayer.shell.syntax.plain_commands import (
    is_redirected,
    literal_statement,
    plain_command,
    plain_statement,
)
from freshlayer.shell.syntax.plain_words import (
    CHARACTERS,
    DOUBLE,
    ESCAPED,
    INSIDE,
    SINGLE,
    SUBSTITUTION,
    VARIABLE,
)

OF_COMMAND = (
    rf"[{CHARACTERS} \t]++|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION}|{ESCAPED}|\{{\}}|(?<=[ \t])!=(?=[ \t])"
)
REDIRECTION = r">&[12]|>>?(?![>&|(])|<(?![<>&(])"
_COMMAND = compiled(rf"(?>(?:{OF_COMMAND})*)", ASCII)
_SEPARATED = compiled(
    rf"([{CHARACTERS} \t]*+)((?>(?:{OF_COMMAND}|{REDIRECTION})*))(&&|\|\|?|;|\Z|(?s:.+))", ASCII
)
"""A command in two pieces, of which the first is literal, and what is behind it; all of the text that is left
where that is not plain."""
_SEPARATORS = frozenset(("&&", "||", "|", ";", ""))
_TOKEN = compiled(rf"{SINGLE}|{DOUBLE}|{ESCAPED}|\$\(({INSIDE})\)", ASCII)
_TOKEN_IN_QUOTES = compiled(rf"{ESCAPED}|\$\(({INSIDE})\)", ASCII)
"""Of a plain text; one that is quoted may look like the beginning of a script."""


class Beginning(Struct, frozen=True):
    """The plain beginning of a script: whole statements, and the left side of one that ``rest`` goes on with.

    ``left`` is None where ``rest`` begins with a statement; else ``operator`` is between the two.
    """

    statements: list[Statement]
    left: Statement | None
    operator: str
    rest: str


def plain(text: str) -> Sequence | None:
    """Plain commands, with ``;``, ``&&``, ``||`` and ``|`` between them; None for every other script."""
    return whole(beginning(text))


def whole(found: Beginning) -> Sequence | None:
    """The script of which this is all; None where more follows, or nothing is there."""
    return None if found.rest or found.left or not found.statements else Sequence(tuple(found.statements))


def command_of(text: str, row: int) -> Command | None:
    """One command, where it is a plain one; else None."""
    if not _COMMAND.fullmatch(text) or ("$(" in text and not holds_plain_scripts(text)):
        return None
    return plain_command(text, row)


def beginning(text: str) -> Beginning:
    """As much of a script as is plain."""
    statements: list[Statement] = []
    left: Statement | None = None
    operator = ""
    piped: list[Statement] = []
    read = at = 0
    commands = _SEPARATED.findall(text)
    for literal, other, separator in commands:
        if separator not in _SEPARATORS:
            break
        written = literal + other
        stripped = written.strip(" \t")
        statement = plain_statement(stripped) if other else literal_statement(stripped)
        if statement is None or (separator[:1] == "|" and ends_oddly(statement, written, piped)):
            break
        if "$(" in other and not holds_plain_scripts(other):
            break
        read += len(written) + len(separator)
        piped.append(statement)
        if separator == "|":
            continue
        following = Pipeline(tuple(piped)) if len(piped) > 1 else statement
        piped = []
        left = AndOr(left, operator, following) if left else following
        operator = separator or ";"
        at = read
        if operator == ";":
            statements.append(left)
            left = None
    # The last match is that of nothing at the end.
    if at < len(text) and "$(" in text and not _holds_plain_scripts_behind(text, at, commands[-2][2]):
        return Beginning([], None, "", text.strip(" \t"))
    return Beginning(statements, left, operator, text[at:].strip(" \t"))


def _holds_plain_scripts_behind(text: str, at: int, last: str) -> bool:
    """The same of what is behind the statements that were read, up to where the text is not plain."""
    end = len(text) if last in _SEPARATORS else len(text) - len(last)
    return holds_plain_scripts(text[at:end])


def ends_oddly(statement: Statement, written: str, before: list[Statement]) -> bool:
    """Whether the grammar reads something else before ``|``: at ``X=|``, and at ``a | b > c | d``."""
    return written.endswith("=") or bool(before and is_redirected(statement, written))


def holds_plain_scripts(text: str) -> bool:
    """Whether what is in ``$(…)`` is plain: in all others the grammar decides what is an error."""
    return all(map(_is_plain_script, _scripts(text)))


@lru_cache(maxsize=256)
def _is_plain_script(script: str) -> bool:
    return not script.endswith("=") and plain(script) is not None


def _scripts(text: str) -> Iterator[str]:
    """What is in each ``$(…)`` of a plain text."""
    for token in _TOKEN.finditer(text):
        if token[1] is not None:
            yield token[1]
        elif token[0][0] == '"' and "$(" in token[0]:
            yield from (it[1] for it in _TOKEN_IN_QUOTES.finditer(token[0]) if it[1] is not None)
