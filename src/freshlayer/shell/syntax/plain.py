"""Plain scripts → nodes by their blanks, quotes and separators, as most RUN are: the grammar takes longer."""

from __future__ import annotations

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Command,
    Literal,
    Parameter,
    Part,
    Pipeline,
    Sequence,
    Statement,
    Word,
)

_CHARACTER = r"[\w./:@%+,=*?~-]"
"""In a word without quotes: what no shell changes, or what an expansion of file names reads later."""
_VARIABLE = r"\$(?:[A-Za-z_]\w*+|\{[A-Za-z_]\w*+\})"
_SINGLE = r"'[^'\n]*+'"
_DOUBLE = r"\"[^\"]*+\""
_CHECKED_DOUBLE = rf"\"(?:[^\"$`\\\n]++|{_VARIABLE})*+\""
_OF_COMMAND = rf"(?:{_CHARACTER}|[ \t])++|{_VARIABLE}|{_SINGLE}|{_CHECKED_DOUBLE}"
_SIMPLE = compiled(rf"(?:{_OF_COMMAND})*+", ASCII)
_SCRIPT = compiled(rf"(?:{_OF_COMMAND}|&&|\|\|?|;)*+", ASCII)
# What follows is for scripts that one of these matches.
_COMMAND = compiled(rf"((?:[^;&|'\"]++|{_SINGLE}|{_DOUBLE})*+)(&&|\|\|?|;)")
_WORD = compiled(rf"(?:[^ \t'\"]++|{_SINGLE}|{_DOUBLE})++")
_PIECE = compiled(rf"[^$'\"]++|{_VARIABLE}|{_SINGLE}|{_DOUBLE}", ASCII)
_QUOTED_PIECE = compiled(rf"[^$]++|{_VARIABLE}", ASCII)
_NOT_LITERAL = compiled(r"[$'\"]")
_PROGRAM = compiled(r"[\w./][\w./+-]*|:", ASCII)
_NOT_COMMANDS = frozenset(
    "if then elif else fi for while until do done case esac in select function time coproc"
    " declare typeset export readonly local unset unsetenv".split()
)
MOST_PARTS = 1000
"""Of a word; the grammar shows longer ones as they are written."""
_MOST_PIECES = 3
"""Of a word with ``$name``: in longer ones the grammar is given ``${name}``, which messages show."""


def plain(text: str) -> Sequence | None:
    """Plain commands, with ``;``, ``&&``, ``||`` and ``|`` between them; None for every other script."""
    if not _SCRIPT.fullmatch(text):
        return None
    statements: list[Statement] = []
    chain: Statement | None = None
    operator = ""
    piped: list[Statement] = []
    text = text.rstrip(" \t")
    for between, end in _COMMAND.findall(text if text.endswith(";") else f"{text};"):
        written = between.strip()
        command = _command(written)
        if command is None:
            return None
        piped.append(command)
        if end == "|":
            continue
        following = Pipeline(tuple(piped)) if len(piped) > 1 else command
        piped = []
        chain = AndOr(chain, operator, following) if chain else following
        operator = end
        if end == ";":
            statements.append(chain)
            chain = None
    return Sequence(tuple(statements)) if statements and chain is None else None


def plain_command(text: str, row: int) -> Command | None:
    """One command, where it is a plain one; else None."""
    return _command(text, row) if _SIMPLE.fullmatch(text) else None


def _command(text: str, row: int = 0) -> Command | None:
    literal = not _NOT_LITERAL.search(text)
    written = text.split() if literal else _WORD.findall(text)
    if not written or not _PROGRAM.fullmatch(written[0]) or written[0] in _NOT_COMMANDS:
        return None
    if literal:
        return Command((), text, (), False, row, tuple([(word,) for word in written]))
    words = tuple([_word(word) if _NOT_LITERAL.search(word) else (Literal(word),) for word in written])
    return None if () in words else Command(words, text, row=row)


def _word(written: str) -> Word:
    """Empty where the word is left to the grammar."""
    pieces = _PIECE.findall(written)
    if len(pieces) > _MOST_PIECES and any(it[0] == "$" and it[1] != "{" for it in pieces):
        return ()
    parts: list[Part] = []
    for piece in pieces:
        if piece[0] == "'" or (piece[0] == '"' and "$" not in piece):
            parts.append(Literal(piece[1:-1], quoted=True))
        elif piece[0] == '"':
            parts += [_part(it, quoted=True) for it in _QUOTED_PIECE.findall(piece[1:-1])]
        else:
            parts.append(_part(piece, quoted=False))
    return tuple(parts) if len(parts) <= MOST_PARTS else ()


def _part(text: str, *, quoted: bool) -> Part:
    if text[0] != "$":
        return Literal(text, quoted)
    return Parameter(text.strip("${}"), text, quoted)
