"""One plain command → its node: words, with assignments before them and redirections behind them."""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import (
    Assignment,
    Command,
    Literal,
    Redirected,
    Statement,
    Substitution,
    Word,
)
from freshlayer.shell.syntax.plain_words import (
    CHARACTERS,
    DOUBLE,
    ESCAPED,
    SINGLE,
    SUBSTITUTION,
    VARIABLE,
    plain_word,
)

_UNIT = rf"{SINGLE}|{DOUBLE}|{SUBSTITUTION}|{ESCAPED}|\$"
_NOT_LITERAL = compiled(r"[$'\"\\<>]")
_WORD = compiled(rf"(?=[^ \t])([^ \t'\"$\\]*+)((?>(?:{_UNIT}|[^ \t'\"$\\]++)*))", ASCII)
"""In two pieces, of which the first is literal."""
_PROGRAM = compiled(
    rf"[\w./][\w./+-]*+|:|(?=[^'\"$]*+['\"$])(?>(?:[\w./-]++|{VARIABLE}|{DOUBLE}|{SINGLE})+)", ASCII
)
KEYWORDS = frozenset(
    "if then elif else fi for while until do done case esac in select function time coproc".split()
)
_NOT_COMMANDS = KEYWORDS | set("declare typeset export readonly local unset unsetenv".split())
_DECLARED = compiled(rf"[A-Za-z_]\w*+|{VARIABLE}|{SUBSTITUTION}", ASCII)
_ASSIGNED = compiled(
    rf"([A-Za-z]\w*|_\w+)(\+?)=((?>(?:[^'\"$\\]++|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})*))", ASCII
)
"""At some backslashes the grammar ends a value."""
_BEFORE_REDIRECTIONS = compiled(rf"(?>(?:[^<>'\"$\\]++|{_UNIT})*)", ASCII)
TARGET = rf"(?>(?:[{CHARACTERS}]|{VARIABLE}|{SINGLE}|{DOUBLE})+)"
_REDIRECTIONS = compiled(
    rf"(?>(?:(?:(?<=[ \t])[12])?(?:>&[12]|(?:>>?|<)[ \t]*{TARGET})(?![^ \t])[ \t]*)+)", ASCII
)
_REDIRECTION = compiled(rf"([12]?)(>&|>>?|<)[ \t]*({TARGET})", ASCII)
_REDIRECTION_BETWEEN = compiled(r">&[12][ \t]++", ASCII)
_NOT_BEHIND = compiled(r"[<>]")
_EXPORT = ("export", "")
_DASH = (Literal("-"),)


@lru_cache(maxsize=256)
def plain_statement(written: str) -> Statement | None:
    """None where the command is left to the grammar."""
    if "<" in written or ">" in written:
        before = _BEFORE_REDIRECTIONS.match(written)
        if before and before.end() < len(written):
            return _redirected(written, before.end())
    return _command(written)


def literal_statement(written: str) -> Command | None:
    """The same of a command without quotes, expansions and redirections."""
    return literal_command(written) or _with_assignments(written, _WORD.findall(written))


def is_redirected(statement: Statement, written: str) -> bool:
    """Whether a statement has a redirection: the text of its command ends before it."""
    return not isinstance(statement, Command) or len(statement.text) < len(written.strip(" \t"))


def plain_command(text: str, row: int = 0) -> Command | None:
    """A command without assignments and redirections; None where it is left to the grammar."""
    if not _NOT_LITERAL.search(text):
        return literal_command(text, row)
    written = _WORD.findall(text)
    words = _words(written) if written and _is_program("".join(written[0])) else ()
    return Command(words, text, row=row) if words else None


def _command(text: str) -> Command | None:
    """A command without redirections."""
    if not _NOT_LITERAL.search(text):
        return literal_statement(text)
    written = _WORD.findall(text)
    if not written or not _is_program("".join(written[0])):
        return _with_assignments(text, written)
    words = _words(written)
    return Command(words, text) if words else None


def literal_command(text: str, row: int = 0) -> Command | None:
    """A command without quotes, expansions, assignments and redirections; None for a keyword and its like."""
    written = text.split()
    if not written or not _is_program(written[0]):
        return None
    return Command((), text, (), False, row, tuple(zip(written)))


@lru_cache(maxsize=256)
def _is_program(name: str) -> bool:
    return _PROGRAM.fullmatch(name) is not None and name not in _NOT_COMMANDS


def _words(written: list[tuple[str, str]]) -> tuple[Word, ...]:
    words = tuple([plain_word(first + rest) if rest else (Literal(first),) for first, rest in written])
    return () if () in words else words


def _with_assignments(text: str, words: list[tuple[str, str]]) -> Command | None:
    """``X=1``, ``X=1 command``, ``export X=1 Y``."""
    if "=" not in text and not text.startswith("export "):
        return None
    declares = words[0] == _EXPORT
    assignments: list[Assignment] = []
    others: list[tuple[str, str]] = []
    for word in words:
        first, rest = word
        assigns = "=" in first and (declares or not others)
        assigned = _ASSIGNED.fullmatch(first + rest) if assigns else None
        if assigned is None:
            others.append(word)
            continue
        name, appends, written = assigned.groups()
        value = plain_word(written) if rest else ((Literal(written),) if written else ())
        if written and not value:
            return None
        assignments.append(Assignment(name, value, None, bool(appends)))
    if not assignments and (not declares or len(others) < 2):
        return None
    if declares:
        plain = all(_DECLARED.fullmatch(first + rest) for first, rest in others)
    else:
        plain = not others or _is_program("".join(others[0]))
    read = _words(others) if plain else ()
    return Command(read, text, tuple(assignments), declares) if read or (plain and not others) else None


def _redirected(written: str, end: int) -> Statement | None:
    """A command of which the redirections begin at ``end``."""
    # Without a blank before it the grammar reads some digits as words, and some words as digits.
    start = end - 1 if written[end - 1] in "12" else end
    if written[start - 1] not in " \t":
        return None
    if not _REDIRECTIONS.fullmatch(written, start):
        return _with_words_behind(written, start)
    before = written[:start].rstrip(" \t")
    body = _command(before)
    # The grammar shows a command without the dash before a redirection.
    if body is None or body.declares or not body.all_words or body.all_words[-1] == _DASH:
        return None
    return with_redirections(body, written, start)


def with_redirections(body: Statement, written: str, start: int = 0) -> Statement | None:
    """The statement with the redirections that are written from ``start`` on."""
    given: Word | None = None
    output: Word | None = None
    appends = False
    for descriptor, operator, target in _REDIRECTION.findall(written, start):
        file = plain_word(target)
        if not file:
            return None
        if operator == "<" and not descriptor:
            given = (Substitution(f"cat {target}", target, quoted=True), Literal("\n", quoted=True))
        elif operator in {">", ">>"} and descriptor != "2":
            output, appends = file, operator == ">>"
    return Redirected(body, given, output is not None, output, appends) if given or output else body


def _with_words_behind(written: str, start: int) -> Command | None:
    """``echo >&2 WORDS``: the grammar shows the command as what is before the redirection."""
    match = _REDIRECTION_BETWEEN.match(written, start)
    text = written[:start].rstrip(" \t")
    before = literal_command(text) if match and not _NOT_LITERAL.search(text) else None
    if match is None or before is None or _NOT_BEHIND.search(written, match.end()):
        return None
    words = _words(_WORD.findall(written, match.end()))
    return replace(before, words=(*before.all_words, *words), fields=()) if words else None
