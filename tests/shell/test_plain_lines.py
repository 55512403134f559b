"""Scripts with a plain script on each line are read without the grammar, and as the grammar reads them."""

from __future__ import annotations

import time

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from freshlayer.shell.syntax.grammar import statements_of
from freshlayer.shell.syntax.nodes import AndOr, Command, Sequence
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.syntax.plain_lines import of_lines
from testing.plain_commands import COMMANDS
from testing.shell_nodes import joined

_STATEMENTS = st.sampled_from(
    (
        *COMMANDS,
        *(": b", "a -", "a#b", "a 2", "a $A/$B *", "[ -f x ]", "! a", "(a; b)", "{ a; }"),
        *("if a; then b; fi", "if a; then b; else c d; fi", "case $A in a) b;; *) c;; esac"),
        *("for x in a $B; do c $x; done", "while a; do b; done", "a |", "a &&", "; a", "if a; then", "fi"),
        *("a 'b", "a <<E", "E", "a \\", "a # b", "a &", "f() { a; }", "a `b`"),
    )
)
_BETWEEN = st.sampled_from((" && ", "; ", ";", " || ", " | ", "|"))
_LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "  ", "\t")),
    _STATEMENTS | st.builds("{}{}{}".format, _STATEMENTS, _BETWEEN, _STATEMENTS),
    st.sampled_from(("", "", ";", " ", " ; ")),
) | st.sampled_from(("", "  ", "# a", "  # a 'b", "#"))


@settings(max_examples=400, deadline=None)
@given(st.lists(_LINES, min_size=2, max_size=5).map("\n".join))
def test_plain_lines_are_what_the_grammar_reads(script: str) -> None:
    found = of_lines(script)
    event("plain" if found else "not plain")
    if found is None:
        return
    statements, whole = statements_of(script)
    if whole:
        assert joined(found) == joined(statements)


@pytest.mark.parametrize(
    "script",
    [
        "  set -e\n  a=$(b $C | d -e x)\n\n  wget -q https://example.org/v${V}/x\n",
        "set -ex\n# a\nmkdir /b && cd /b\nfind . -exec sh -c 'a \"$1\"' _ {} \\;\n  # c\n",
        'if [ "$(a -b /c)" ]; then d /e/* .; fi\ncase $A in b) c;; esac; X=1 d > f\n',
        "for x in a b; do (c $x); done\nwhile a; do { b; }; done\n! c",
    ],
)
def test_common_scripts_are_read_without_the_grammar(script: str) -> None:
    assert (of_lines(script), True) == statements_of(script)
    assert parse(script).body == of_lines(script)


@pytest.mark.parametrize(
    "script",
    [
        *("a\nb `c`", "a &&\nb", "cat <<E\na\nE\n", "a 'b\nc'", "if a\nthen b; fi", "a\r\nb", "", "\n"),
        *("# a\n", "a\nb | c | d > e", "a\nb # c"),
    ],
)
def test_what_is_not_plain_is_left_to_the_grammar(script: str) -> None:
    assert of_lines(script) is None


def test_a_list_may_have_any_length() -> None:
    script = "{ b; }\n" + " && ".join(["a"] * 5_000) + "\nc"
    body, commands = parse(script).body, []
    assert isinstance(body, Sequence)
    statement = body.statements[1]
    while isinstance(statement, AndOr):
        commands.append(statement.right)
        statement = statement.left
    commands.append(statement)
    assert [it.row for it in commands if isinstance(it, Command)] == [1] * 5_000


def test_many_lines_take_no_longer_than_their_text() -> None:
    started = time.process_time()
    assert of_lines("a b\n" * 20_000 + "'") is None
    assert time.process_time() - started < 1
