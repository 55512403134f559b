"""Plain scripts are read without the grammar, and as the grammar reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from freshlayer.shell.syntax.grammar import statements_of
from freshlayer.shell.syntax.nodes import (
    AndOr,
    Command,
    Literal,
    Part,
    Pipeline,
    Sequence,
    Statement,
    Word,
)
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.syntax.plain import plain, plain_command
from freshlayer.shell.syntax.respelling import tree_of
from freshlayer.shell.syntax.words import text_of, words_of

_BARE = st.text("abzAZ019_./:@%+,=*?~-", min_size=1, max_size=8)
_NAMED = st.sampled_from(
    (
        "if",
        "done",
        "in",
        "export",
        "time",
        "X=1",
        "test",
        "--a=b",
        "-",
        "--",
        "https://example.org/f-1.0%20.tgz",
    )
)
_VARIABLES = st.sampled_from(("$A", "$b1", "${A}", "${_c}"))
_SINGLE = st.text('ab 0.;&|$`\\"#!(){}[]<>*=-~', max_size=6).map("'{}'".format)
_DOUBLE = st.lists(st.text("ab 0.;&|#!(){}[]<>*=-~'/:", min_size=1, max_size=3) | _VARIABLES, max_size=4).map(
    lambda parts: f'"{"".join(parts)}"'
)
_COMPOSED = st.lists(_BARE | _VARIABLES | _SINGLE | _DOUBLE, min_size=1, max_size=5).map("".join)
_WORDS = (_BARE | _NAMED | _COMPOSED).filter(lambda word: word not in {"==", "=~"})
_COMMANDS = st.tuples(_BARE | _NAMED | st.just(":"), st.lists(_WORDS, max_size=4)).map(
    lambda command: (command[0], *command[1])
)
_BETWEEN = st.sampled_from(
    ("&&", " && ", " &&  \t", " & ", " \\\n && ", "; ", " ; ", " || ", " | ", "|", " |")
)
_ENDS = st.sampled_from(("", "", " ", ";", " ; ", " &&"))


@st.composite
def _scripts(draw: st.DrawFn) -> str:
    commands = draw(st.lists(_COMMANDS, min_size=1, max_size=4))
    blank = draw(st.sampled_from((" ", "  ", "\t", " \\\n ")))
    script = blank.join(commands[0])
    for words in commands[1:]:
        script += draw(_BETWEEN) + blank.join(words)
    return script + draw(_ENDS)


def _joined(statement: Statement) -> Statement:
    """The grammar makes several literals of some words."""
    match statement:
        case AndOr(left=left, operator=operator, right=right):
            return AndOr(_joined(left), operator, _joined(right))
        case Sequence(statements=inner):
            return Sequence(tuple(map(_joined, inner)))
        case Pipeline(parts=parts):
            return Pipeline(tuple(map(_joined, parts)))
        case Command(all_words=words):
            return Command(tuple(map(_joined_word, words)), statement.text)
        case _:
            return statement


def _joined_word(word: Word) -> Word:
    """Bare literals that touch are one."""
    parts: list[Part] = []
    for part in word:
        last = parts[-1] if parts else None
        if isinstance(part, Literal) and isinstance(last, Literal) and not part.quoted and not last.quoted:
            parts[-1] = Literal(last.text + part.text)
        else:
            parts.append(part)
    return tuple(parts)


@settings(max_examples=400, deadline=None)
@given(_scripts())
def test_plain_scripts_are_what_the_grammar_reads(script: str) -> None:
    found = plain(script.replace("\\\n", ""))
    assume(found is not None)
    assert found is not None
    statements, whole = statements_of(script.replace("\\\n", ""))
    # At a word such as 1@ the grammar stumbles.
    assume(whole)
    assert _joined(found) == _joined(statements)
    assert parse(script).whole
    for words, of_nodes in _of_commands(script.replace("\\\n", "")):
        assert words == of_nodes


def _of_commands(script: str) -> Iterator[tuple[list[Word], list[Word]]]:
    """Of each command in the grammar's tree: its words by its text, and by its nodes."""
    waiting = [tree_of(script)]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.type == "command" and (command := plain_command(text_of(node), 0)):
            yield list(map(_joined_word, command.all_words)), list(map(_joined_word, words_of(node)))


@pytest.mark.parametrize(
    "script",
    [
        "a",
        "a && b",
        "curl -fsSLo /x https://example.org/a%20b",
        "a \\\n  && b c",
        ": 1; a ;",
        "a || b; c | d -x && e",
        "a | b |c || d && e | f",
        "rm -rf /var/lib/apt/lists/* ~/.cache",
        'curl "https://example.org/${V}/x" -H \'a: b\' --o="c d"',
        'a "$A-$B" $A/x ${A}-${B}/${C}-d',
    ],
)
def test_the_text_of_a_command_is_as_written(script: str) -> None:
    joined = script.replace("\\\n", "")
    assert plain(joined) == statements_of(joined)[0]
    assert parse(script).body == statements_of(joined)[0]


@pytest.mark.parametrize(
    "script",
    [
        *(
            "",
            " ",
            ";",
            "a;; b",
            "a &&",
            "&& a",
            "a | | b",
            "a & b",
            "if a; then b; fi",
            "X=1 a",
            "a; export B",
        ),
        *("a $(b)", "a `b`", 'a "$(b)"', 'a "\\n"', "a b\\ c", "a > b", "a {b,c}", "[ a ]", "a # b", "a\nb"),
        *("a 'b", 'a "b', '"a" b', "$A b", "a $1", "a ${B:-c}", "a $'b'", "a x-$B-$C-", "a " + "${B}" * 1001),
    ],
)
def test_what_is_not_plain_is_left_to_the_grammar(script: str) -> None:
    assert plain(script) is None


def test_blanks_at_the_end_take_no_longer_than_their_number() -> None:
    started = time.process_time()
    assert plain("a;" + " " * 60_000) == plain("a;")
    assert time.process_time() - started < 1
