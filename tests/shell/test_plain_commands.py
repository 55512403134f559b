"""Plain commands are read without the grammar, and as the grammar reads them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from freshlayer.shell.syntax.grammar import statements_of
from freshlayer.shell.syntax.nodes import AndOr, Command, Literal, Sequence, Statement
from freshlayer.shell.syntax.parse import parse

_WORDS = st.text("abzAZ019_./:@%+,=-", min_size=1, max_size=8) | st.sampled_from(
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
_COMMANDS = st.lists(_WORDS, min_size=1, max_size=5)
_BETWEEN = st.sampled_from(("&&", " && ", " &&  \t", " & ", " \\\n && "))


@st.composite
def _scripts(draw: st.DrawFn) -> str:
    commands = draw(st.lists(_COMMANDS, min_size=1, max_size=4))
    blank = draw(st.sampled_from((" ", "  ", "\t", " \\\n ")))
    return draw(_BETWEEN).join(blank.join(words) for words in commands)


def _joined(statement: Statement) -> Statement:
    """The grammar makes several literals of some words."""
    match statement:
        case AndOr(left=left, operator=operator, right=right):
            return AndOr(_joined(left), operator, _joined(right))
        case Sequence(statements=inner):
            return Sequence(tuple(map(_joined, inner)))
        case Command(words=words) if all(isinstance(part, Literal) for word in words for part in word):
            whole = ("".join(getattr(part, "text", "") for part in word) for word in words)
            return Command(tuple((Literal(word),) for word in whole), statement.text)
        case _:
            return statement


@settings(max_examples=200, deadline=None)
@given(_scripts())
def test_plain_commands_are_what_the_grammar_reads(script: str) -> None:
    statements, whole = statements_of(script.replace("\\\n", ""))
    # At a word such as 1@ the grammar stumbles.
    assume(whole)
    found = parse(script)
    assert found.whole
    assert _joined(found.body) == _joined(statements)


@pytest.mark.parametrize(
    "script", ["a", "a && b", "curl -fsSLo /x https://example.org/a%20b", "a \\\n  && b c"]
)
def test_the_text_of_a_command_is_as_written(script: str) -> None:
    assert parse(script).body == statements_of(script.replace("\\\n", ""))[0]
