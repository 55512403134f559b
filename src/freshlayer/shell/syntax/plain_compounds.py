"""Plain scripts with ``if``, ``case``, loops, groups and ``[ … ]`` → nodes: the grammar takes longer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Arm,
    Case,
    Command,
    Condition,
    For,
    If,
    Literal,
    Not,
    Pipeline,
    Redirected,
    Sequence,
    Statement,
    While,
    Word,
)
from freshlayer.shell.syntax.plain import (
    OF_COMMAND,
    REDIRECTION,
    Beginning,
    ends_oddly,
    holds_plain_scripts,
)
from freshlayer.shell.syntax.plain_commands import (
    KEYWORDS,
    TARGET,
    is_redirected,
    plain_statement,
    with_redirections,
)
from freshlayer.shell.syntax.plain_words import CHARACTERS, DOUBLE, SINGLE, SUBSTITUTION, VARIABLE, plain_word

_DEEPEST = 12
"""How deep statements may be in each other; the grammar reads what is deeper."""
_SCRIPT = compiled(rf"(?:{OF_COMMAND}|[&|;!()\[\]{{}}]|{REDIRECTION})*+", ASCII)
_SIMPLE = compiled(rf"(?:{OF_COMMAND}|{REDIRECTION})++", ASCII)
_REDIRECTIONS = compiled(
    rf"(?:(?:(?<=[ \t])[12])?(?:>&[12]|(?:>>?|<)[ \t]*{TARGET})(?![^ \t;&|)])[ \t]*)++", ASCII
)
_GROUPS = frozenset("{(")
_SEPARATOR = compiled(r"[ \t]*+(&&|\|\|?|;(?!;)|)[ \t]*+", ASCII)
_KEYWORD = compiled(
    r"(?:(if|then|elif|else|do|while|until|!|\{)[ \t]|(fi|done|esac|\})(?![^ \t;&|)])|(\((?!\()|\)|;;)"
    r"|(case|for|\[)[ \t])[ \t]*+",
    ASCII,
)
_WORD = rf"(?:[\w./:@%,-]|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})++"
_NO_KEYWORD = rf"(?!(?:{'|'.join(sorted(KEYWORDS))})(?![\w./:-]))"
_TESTED = rf"(?:{_NO_KEYWORD}[\w./:][\w./:-]*+|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})"
_COMPARISON = r"==?|!=|-(?:eq|ne|[lg][te])"
_TEST = compiled(
    rf"(![ \t]++)?(?:(-[a-z])[ \t]++({_TESTED})|({_TESTED})(?:[ \t]++({_COMPARISON})[ \t]++({_TESTED}))?)"
    r"[ \t]++\](?![^ \t;&|)])",
    ASCII,
)
_PATTERN = rf"(?!esac[ \t|)])(?:[\w./:@%*-]|{SINGLE}|{DOUBLE})++"
_CASE = compiled(rf"({_WORD})[ \t]++in[ \t]++", ASCII)
_ARM = compiled(rf"({_PATTERN}(?:[ \t]*+\|[ \t]*+{_PATTERN})*+)[ \t]*+\)[ \t]++", ASCII)
_ONE_PATTERN = compiled(_PATTERN, ASCII)
_ITEM = rf"(?:[{CHARACTERS}]|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})++"
_ONE_ITEM = compiled(_ITEM, ASCII)
_FOR = compiled(rf"([A-Za-z_]\w*+)[ \t]++in((?:[ \t]++{_ITEM})++)[ \t]*+;[ \t]*+do[ \t]++", ASCII)
_END_OF_ARM = frozenset({";;", "esac"})
_ENDS_OF_ALL = frozenset({"", ")", ";;"})
_ENDS_OF_COMPOUND = _ENDS_OF_ALL | {"then", "elif", "else", "fi", "do", "done", "esac", "}"}
_ENDS = dict.fromkeys((If, For, While, Case), _ENDS_OF_COMPOUND)
"""The keywords that may follow a statement without a separator."""
_START = Beginning([], None, "", "")


class _LeftToGrammarError(Exception):
    """The script is not plain."""


def with_compounds(start: Beginning) -> Sequence | None:
    """The whole script, of which ``start`` is the plain beginning; None where it is left to the grammar."""
    rest = start.rest
    if not _SCRIPT.fullmatch(rest) or ("$(" in rest and not holds_plain_scripts(rest)):
        return None
    reader = _Reader(rest)
    try:
        return reader.statements(frozenset({""}), 0, start)
    except _LeftToGrammarError:
        return None


def _leave() -> NoReturn:
    raise _LeftToGrammarError


class _Reader:
    """A position in a text; ``closed`` is the keyword behind the last statements that were read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.closed = ""

    def statements(self, closing: frozenset[str], depth: int, start: Beginning) -> Sequence:
        """Statements up to one of some keywords, or to the end of the text where that is one of them."""
        found = [*start.statements]
        left, operator = start.left, start.operator
        piped: list[Statement] = []
        ends: frozenset[str] | None = None
        while True:
            keyword = self._keyword()
            if keyword in closing and left is None and not piped and (keyword or self.at == len(self.text)):
                if ends is not None and keyword not in ends:
                    _leave()
                self.closed = keyword
                return Sequence(tuple(found))
            if ends is not None:
                _leave()
            before = self.at
            statement = self._statement(keyword, depth)
            written = self.text[before : self.at]
            separator = self._separator()
            if separator == "|" or piped:
                if _is_odd(statement, separator, written, piped):
                    _leave()
                piped.append(statement)
                if separator == "|":
                    continue
                statement, piped = Pipeline(tuple(piped)), []
            left = AndOr(left, operator, statement) if left else statement
            operator = separator
            if not separator and written.rstrip(" \t").endswith("="):
                _leave()
            if separator in {"", ";"}:
                found.append(left)
                left = None
                ends = None if separator else _ENDS.get(type(statement), _ENDS_OF_ALL)

    def block(self, *closing: str, depth: int) -> Sequence:
        """The same inside of a compound command, where at least one statement is."""
        found = self.statements(frozenset(closing), depth, _START)
        return found if found.statements else _leave()

    def _keyword(self) -> str:
        """The keyword here, and go behind it; empty where there is none."""
        match = _KEYWORD.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[match.lastindex or 0]

    def _separator(self) -> str:
        """What is between two statements; nothing only where a keyword or the end follows."""
        match = _SEPARATOR.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[1]

    def _statement(self, keyword: str, depth: int) -> Statement:
        if not keyword:
            return self._simple()
        read = _READERS.get(keyword)
        found = read(self, depth + 1) if read and depth < _DEEPEST else _leave()
        return self._redirected(found) if keyword in _GROUPS else found

    def _redirected(self, group: Statement) -> Statement:
        """With the redirections behind it."""
        match = _REDIRECTIONS.match(self.text, self.at)
        if match is None:
            return group
        self.at = match.end()
        return with_redirections(group, match[0]) or _leave()

    def tested(self, depth: int) -> Statement:
        """What is behind ``!``: a command or a test."""
        keyword = self._keyword()
        return self._statement(keyword, depth) if keyword in {"", "["} else _leave()

    def is_at(self, wanted: str) -> bool:
        """Whether a keyword is here; go behind it."""
        before = self.at
        found = self._keyword() == wanted
        self.at = self.at if found else before
        return found

    def _simple(self) -> Statement:
        return plain_statement(self.match(_SIMPLE)[0].rstrip(" \t")) or _leave()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What is here, and go behind it."""
        match = pattern.match(self.text, self.at)
        if match is None:
            _leave()
        self.at = match.end()
        return match


def _is_odd(statement: Statement, separator: str, written: str, before: list[Statement]) -> bool:
    """Whether the grammar reads something else at this part of a pipeline."""
    if separator == "|" and ends_oddly(statement, written, before):
        return True
    of_group = type(statement) is Redirected and type(statement.statement) is Sequence
    return type(statement) is Not or (of_group and len(before) > 1)


def _if(reader: _Reader, depth: int) -> Statement:
    branches: list[tuple[Statement, Statement]] = []
    while True:
        condition = reader.block("then", depth=depth)
        branches.append((condition, reader.block("elif", "else", "fi", depth=depth)))
        if reader.closed != "elif":
            otherwise = reader.block("fi", depth=depth) if reader.closed == "else" else None
            return If(tuple(branches), otherwise)


def _while(reader: _Reader, depth: int, *, until: bool = False) -> Statement:
    condition = reader.block("do", depth=depth)
    return While(condition, reader.block("done", depth=depth), until)


def _for(reader: _Reader, depth: int) -> Statement:
    name, words = reader.match(_FOR).groups()
    return For(
        name, tuple([_word(word) for word in _ONE_ITEM.findall(words)]), reader.block("done", depth=depth)
    )


def _case(reader: _Reader, depth: int) -> Statement:
    subject = _word(reader.match(_CASE)[1])
    arms: list[Arm] = []
    while True:
        patterns = reader.match(_ARM)[1]
        body = reader.statements(_END_OF_ARM, depth, _START)
        arms.append(Arm(tuple([_word(pattern) for pattern in _ONE_PATTERN.findall(patterns)]), body))
        if reader.closed == "esac" or reader.is_at("esac"):
            return Case(subject, tuple(arms))


def _group(reader: _Reader, depth: int) -> Statement:
    return reader.block("}", depth=depth)


def _subshell(reader: _Reader, depth: int) -> Statement:
    return Sequence(reader.block(")", depth=depth).statements, own=True)


def _test(reader: _Reader, _depth: int) -> Statement:
    negation, unary, *words = reader.match(_TEST).groups()
    found = [(Literal(operator),) for operator in (negation and "!", unary) if operator]
    return Condition((*found, *[_word(word) for word in words if word]), double=False)


def _not(reader: _Reader, depth: int) -> Statement:
    before = reader.at
    inner = reader.tested(depth)
    # The grammar takes ``export`` for a program there, and redirections for those of what is around it.
    if type(inner) is not Condition and not _is_alone(inner, reader.text[before : reader.at]):
        _leave()
    return Not(Sequence((inner,)))


def _is_alone(statement: Statement, written: str) -> bool:
    """Whether it is a command without assignments and redirections."""
    assigns = type(statement) is not Command or statement.assignments or statement.declares
    return not assigns and not is_redirected(statement, written)


def _word(written: str) -> Word:
    return plain_word(written) or _leave()


_READERS: dict[str, Callable[[_Reader, int], Statement]] = {
    "if": _if,
    "while": _while,
    "until": partial(_while, until=True),
    "for": _for,
    "case": _case,
    "{": _group,
    "(": _subshell,
    "[": _test,
    "!": _not,
}
"""Keyword → what reads the statement behind it."""
