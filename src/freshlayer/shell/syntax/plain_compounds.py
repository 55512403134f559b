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
    literal_statement,
    plain_statement,
    with_redirections,
)
from freshlayer.shell.syntax.plain_words import CHARACTERS, DOUBLE, SINGLE, SUBSTITUTION, VARIABLE, plain_word

_DEEPEST = 12
"""How deep statements may be in each other; the grammar reads what is deeper."""
_SCRIPT = compiled(rf"(?>(?:{OF_COMMAND}|[&|;!()\[\]{{}}]|{REDIRECTION})*)", ASCII)
_SIMPLE = compiled(rf"([{CHARACTERS} \t]*+)((?>(?:{OF_COMMAND}|{REDIRECTION})*))", ASCII)
_REDIRECTIONS = compiled(
    rf"(?>(?:(?:(?<=[ \t])[12])?(?:>&[12]|(?:>>?|<)[ \t]*{TARGET})(?![^ \t;&|)])[ \t]*)+)", ASCII
)
_GROUPS = frozenset("{(")
_SEPARATED = r"(&&|\|\|?|;(?!;)|)[ \t]*+"
_SEPARATOR = compiled(rf"[ \t]*+{_SEPARATED}", ASCII)
_AT_KEYWORD = (
    r"(?=[!(){};\[cdefituw])"
    r"(?:(if|then|elif|else|do|while|until|!|\{)[ \t]|(fi|done|esac|\})(?![^ \t;&|)])|(\((?!\()|\)|;;)"
    r"|(case|for|\[\[?)[ \t])[ \t]*+"
)
_KEYWORD = compiled(_AT_KEYWORD, ASCII)
_STEP = compiled(
    rf"{_AT_KEYWORD}|([{CHARACTERS} \t]*+)((?>(?:{OF_COMMAND}|{REDIRECTION})*)){_SEPARATED}",
    ASCII,
)
"""A keyword; or a command in two pieces, of which the first is literal, and what is behind it."""
_OF_COMMAND = (5, 6, 7)
"""The groups of a command."""
_WORD = rf"(?>(?:[\w./:@%,-]|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})+)"
_NO_KEYWORD = rf"(?!(?:{'|'.join(sorted(KEYWORDS))})(?![\w./:-]))"
_TESTED = rf"(?:{_NO_KEYWORD}[\w./:][\w./:-]*+|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})"
_COMPARED = r"!=|-(?:eq|ne|[lg][te])"
_COMPARISON = rf"==?|{_COMPARED}"
_TEST = compiled(
    rf"(![ \t]++)?(?:(-[a-z])[ \t]++({_TESTED})|({_TESTED})(?:[ \t]++({_COMPARISON})[ \t]++({_TESTED}))?)"
    r"[ \t]++\](?![^ \t;&|)])",
    ASCII,
)
_ONE_TEST = compiled(
    rf"(![ \t]++)?(?:(-[a-z])[ \t]++({_TESTED})|({_TESTED})(?:[ \t]++(==|{_COMPARED})[ \t]++({_TESTED}))?)"
    r"[ \t]++(?:(&&|\|\|)[ \t]++|\]\](?![^ \t;&|)]))",
    ASCII,
)
"""Of those between ``[[`` and ``]]``, where the grammar reads a regular expression behind ``=``."""
_PATTERN = rf"(?!esac[ \t|)])(?>(?:[\w./:@%*-]|{SINGLE}|{DOUBLE})+)"
_CASE = compiled(rf"({_WORD})[ \t]++in[ \t]++", ASCII)
_ARM = compiled(rf"({_PATTERN}(?>(?:[ \t]*+\|[ \t]*+{_PATTERN})*))[ \t]*+\)[ \t]++", ASCII)
_ONE_PATTERN = compiled(_PATTERN, ASCII)
_ITEM = rf"(?>(?:[{CHARACTERS}]|{VARIABLE}|{SINGLE}|{DOUBLE}|{SUBSTITUTION})+)"
_ONE_ITEM = compiled(_ITEM, ASCII)
_FOR = compiled(rf"([A-Za-z_]\w*+)[ \t]++in((?>(?:[ \t]++{_ITEM})+))[ \t]*+;[ \t]*+do[ \t]++", ASCII)
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
    if not _SCRIPT.fullmatch(rest):
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
            match = self.match(_STEP)
            keyword = "" if match.lastindex == _OF_COMMAND[-1] else match[match.lastindex or 0]
            may_end = left is None and not piped and (ends is None or keyword in ends)
            if keyword in closing and may_end and (keyword or match.start() == len(self.text)):
                self.closed = keyword
                return Sequence(tuple(found))
            if ends is not None:
                _leave()
            if keyword:
                statement, written, separator = self._compound(keyword, depth)
            else:
                literal, other, separator = match.group(*_OF_COMMAND)
                statement, written = _simple(literal, other), literal + other
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

    def _compound(self, keyword: str, depth: int) -> tuple[Statement, str, str]:
        """The statement behind a keyword, how it is written, and the separator behind it."""
        before = self.at
        statement = self._statement(keyword, depth)
        return statement, self.text[before : self.at], self._separator()

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
            return _simple(*self.match(_SIMPLE).groups())
        read = _READERS.get(keyword)
        found = read(self, depth + 1) if read and depth < _DEEPEST else _leave()
        return self._redirected(found) if keyword in _GROUPS else found

    def _redirected(self, group: Statement) -> Statement:
        """With the redirections behind it."""
        match = _REDIRECTIONS.match(self.text, self.at)
        if match is None:
            return group
        self.at = match.end()
        return with_redirections(group, _checked(match[0])) or _leave()

    def tested(self, depth: int) -> Statement:
        """What is behind ``!``: a command or a test."""
        keyword = self._keyword()
        return self._statement(keyword, depth) if keyword in {"", "[", "[["} else _leave()

    def is_at(self, wanted: str) -> bool:
        """Whether a keyword is here; go behind it."""
        before = self.at
        found = self._keyword() == wanted
        self.at = self.at if found else before
        return found

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


def _double_test(reader: _Reader, _depth: int) -> Statement:
    found: list[Word] = []
    joiner: str | None = "&&"
    while joiner:
        negation, unary, *words, joiner = reader.match(_ONE_TEST).groups()
        found += [(Literal(operator),) for operator in (negation and "!", unary) if operator]
        found += [_word(word) for word in words if word]
        if joiner:
            found.append((Literal(joiner),))
    return Condition(tuple(found), double=True)


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


def _simple(literal: str, other: str) -> Statement:
    """A command in two pieces."""
    if not other:
        return literal_statement(literal.rstrip(" \t")) or _leave()
    return plain_statement(_checked(literal + other).rstrip(" \t")) or _leave()


def _word(written: str) -> Word:
    return plain_word(_checked(written)) or _leave()


def _checked(written: str) -> str:
    """The same text, where what is in each ``$(…)`` is plain."""
    return written if "$(" not in written or holds_plain_scripts(written) else _leave()


_READERS: dict[str, Callable[[_Reader, int], Statement]] = {
    "if": _if,
    "while": _while,
    "until": partial(_while, until=True),
    "for": _for,
    "case": _case,
    "{": _group,
    "(": _subshell,
    "[": _test,
    "[[": _double_test,
    "!": _not,
}
"""Keyword → what reads the statement behind it."""
