"""Plain scripts are read without the grammar, and as the grammar reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from freshlayer.shell.syntax.grammar import statements_of
from freshlayer.shell.syntax.nodes import Word
from freshlayer.shell.syntax.parse import parse
from freshlayer.shell.syntax.plain import beginning, command_of, plain
from freshlayer.shell.syntax.respelling import tree_of
from freshlayer.shell.syntax.words import text_of, words_of
from testing.shell_nodes import joined, joined_word

_VARIABLES = st.sampled_from(("$A", "$b1", "${A}", "${_c}", "$1", "$@", "$#"))
_EXPANSIONS = st.sampled_from(
    [
        f"${{{name}{operator}{operand}}}"
        for name in ("A", "_c")
        for operator in ("%", "%%", "#", "##", ":-", "-", ":=", "=", "+", ":+", "/", "//")
        for operand in ("", "a", "*.", "[a-z]*", "/-", "*", "x:y", "./-")
    ]
)
_ESCAPES = st.sampled_from(r"\( \) \; \n \$ \" \' \\ \| \{ \#".split())
_SUBSTITUTIONS = st.sampled_from(
    (
        *("$(uname -m)", "$(a | b)", "$(cat '/x y')", "$(cut -d' ')"),
        *("$(a 2>/dev/null)", "$(a;)", "$( e $A)", '$(f "$A")', "$(g {} \\;)"),
    )
)
_BARE = st.text("abzAZ019_./:@%+,*?~-", min_size=1, max_size=8) | st.sampled_from(
    ("if", "done", "in", "export", "X=1", "--a=b", "-", "--", "https://example.org/f-1.0%20.tgz")
)
_SINGLE = st.text('ab 0.;&|$`\\"#!(){}[]<>*=-~', max_size=6).map("'{}'".format)
_TEXT = st.text("ab 0.;&|#!(){}[]<>*=-~'/:", min_size=1, max_size=3)
_DOUBLE = st.lists(_TEXT | _VARIABLES | _EXPANSIONS | _ESCAPES | _SUBSTITUTIONS, max_size=4).map(
    lambda parts: f'"{"".join(parts)}"'
)
_PART = _BARE | _VARIABLES | _EXPANSIONS | _ESCAPES | _SINGLE | _DOUBLE | _SUBSTITUTIONS
_WORDS = _BARE | st.lists(_PART, min_size=1, max_size=3).map("".join)
_PROGRAMS = st.sampled_from(
    ("a", "/b/c", ":", "x.sh", "test", "export X=1", "export", "$A", '"$A"/b', "a >&2")
)
_ASSIGNMENTS = st.builds(
    "{}{}".format, st.sampled_from(("X=", "Y1+=", "_a=")), _VARIABLES | _DOUBLE | _SINGLE | st.just("")
)
_TARGETS = st.sampled_from(("/f", "/dev/null", "$A", "'g h'", '"$A/b"'))
_REDIRECTIONS = st.sampled_from(("2>&1", ">&2", "1>&2")) | st.builds(
    "{}{}".format, st.sampled_from((">", ">>", "<", "2>", "1> ", "> ")), _TARGETS
)
_COMMANDS = st.builds(
    lambda first, program, words, last: " ".join((*first, program, *words, *last)),
    st.lists(_ASSIGNMENTS, max_size=1),
    _PROGRAMS,
    st.lists(_WORDS, max_size=3),
    st.lists(_REDIRECTIONS, max_size=1),
)
_BETWEEN = st.sampled_from(("&&", " && ", " &&  \t", " \\\n && ", "; ", " ; ", " || ", " | ", "|", " |"))
_ENDS = st.sampled_from(("", " ", ";", " ; "))
_ODD = ("", "", " && a $A-$B-$(c) d", "; if a $A; then $B; fi", "; a $A/x-$B-$C", " && (a; b) > c", "\na `b`")
"""What follows a beginning that is plain, at times."""


@st.composite
def _scripts(draw: st.DrawFn) -> str:
    script = draw(_COMMANDS)
    for command in draw(st.lists(_COMMANDS, max_size=2)):
        script += draw(_BETWEEN) + command
    return script + draw(_ENDS)


@settings(max_examples=150, deadline=None)
@given(_scripts())
def test_plain_scripts_are_what_the_grammar_reads(script: str) -> None:
    text = script.replace("\\\n", "")
    statements, whole = statements_of(text)
    # At a word such as 1@ the grammar stumbles.
    if not whole:
        return
    found = plain(text)
    event("plain" if found else "not plain")
    if found:
        assert joined(found) == joined(statements)
        assert parse(script).whole
    for words, of_nodes in _of_commands(text):
        assert words == of_nodes


@settings(max_examples=150, deadline=None)
@given(_scripts(), st.sampled_from(_ODD))
def test_what_is_behind_a_plain_beginning_changes_nothing(script: str, behind: str) -> None:
    text = script.replace("\\\n", "").rstrip("; ") + behind
    statements, whole = statements_of(text)
    if whole:
        assert joined(parse(text).body) == joined(statements)


def _of_commands(script: str) -> Iterator[tuple[list[Word], list[Word]]]:
    """Of each command in the grammar's tree: its words by its text, and by its nodes."""
    waiting = [tree_of(script)]
    while waiting:
        node = waiting.pop()
        waiting += node.children
        if node.type == "command" and (command := command_of(text_of(node), 0)):
            yield list(map(joined_word, command.all_words)), list(map(joined_word, words_of(node)))


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
        'X=1 Y= Z+=$(a | b) c -d; V="$(e -f \'g h\' "i j")"',
        "export A B=1 C=${D%%.*}",
        "a b > /c 2>&1; d 2>/dev/null | e < $F >> 'g h'",
        "find . \\( -name 'a' -o -name b \\) -exec rm -rf {} +",
        "a $(find . -exec b {} \\;) && find . -exec rm {} \\;",
        "echo >&2 'a b' $C; export A; export B $(c); X=1 d >&2",
        '$A b && "$A/b" -c && /a/${B}/c; "a" $1 "$@" | b $# != c ${A%%[a-z]*}',
        'a "\\"b\\$" ${A:-b} ${B//./-} "${C##*/}"',
    ],
)
def test_the_text_of_a_command_is_as_written(script: str) -> None:
    text = script.replace("\\\n", "")
    assert plain(text) == statements_of(text)[0]
    assert parse(script).body == statements_of(text)[0]


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
            "a; export -n B",
        ),
        *(
            "a `b`",
            "a b\\ c",
            "a {b,c}",
            "[ a ]",
            "a # b",
            "a\nb",
            "a $(b $(c))",
            "a $((1))",
            "a $(case x in y) z",
        ),
        *(
            "a > b c",
            "> b",
            "a >| b",
            "a >& b",
            "a &> b",
            "a << b",
            "a <<< b",
            "a <(b)",
            "a 3> b",
            "a - > b",
            "a $B >&2 c",
            "a >&2 b > c",
            "a1> b",
        ),
        *(
            "X=(1)",
            "X=|a",
            "a $(X=)",
            "X[1]=2",
            "X=a\\;b",
            "export -x A=1",
            "X=1 export Y=2",
            "a | b > c | d",
        ),
        *('a "\0"', "a '\0'", "a \"$(b '\0')\"", "a \\\0"),
        *("a 'b", 'a "b', "a ${B:c}", "a $'b'", "a x-$B-$C-", "a " + "${B}" * 1001),
    ],
)
def test_what_is_not_plain_is_left_to_the_grammar(script: str) -> None:
    assert plain(script) is None


def test_a_mark_of_byte_order_behind_a_plain_beginning_stays() -> None:
    body, whole = statements_of("a; \ufeffcurl x; (b)")
    assert (parse("a; \ufeffcurl x; (b)").body, parse("a; \ufeffcurl x; (b)").whole) == (body, whole)


@pytest.mark.parametrize("odd", ["$(c", "$(", "\\$(", '"$('])
def test_what_looks_like_a_script_in_quotes_hides_no_other_one(odd: str) -> None:
    script = f"a '{odd} ' $(b=) 'd)'"
    assert plain(script) is None
    assert parse(script).body == statements_of(script)[0]


_COMPOUNDS = (
    *("if a; then b; fi", "case $A in b) c ;; *) d ;; esac", "for x in $A b; do c $x; done", "(a; b) > c"),
    *("{ a; } | b", "[ $A = b ] || c", "a <<E && b\n$C\nE\n", "! a | b", "f() { a; }", "a &", "a & b"),
    *("a # b", "a `b`", "x=(1 2)", "> a", "unset A", "a\nb", "a >&2 b", "a | b > c | d", "((i++))"),
    *("a $A-$B-$(c)", "a x-$A-$B-", "case x in y) a $A/x-$B-$C;; esac", 'a "\0"'),
    *("fi", "a )", "(a", "a 'b", "&& a", "a ;; b", "if a", "then a", "} ", "done | a", "; a"),
)


@pytest.mark.parametrize("compound", _COMPOUNDS)
@pytest.mark.parametrize(
    "before", ["a b; ", "a && ", "a; X=1 b > c || d && ", "a | b; c | ", "a;", 'a $A "$B"; ']
)
@pytest.mark.parametrize("behind", ["", " && e $(f)", "; e | f", "\ng"])
def test_what_is_before_the_first_odd_statement_changes_nothing(
    before: str, compound: str, behind: str
) -> None:
    script = f"{before}{compound}{behind}"
    body, whole = statements_of(script)
    assert (parse(script).body, parse(script).whole) == (body, whole)


def test_blanks_at_the_end_take_no_longer_than_their_number() -> None:
    started = time.process_time()
    assert plain("a;" + " " * 60_000) == plain("a;")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "script",
    [
        *(
            "a " + "$(b " * 20_000,
            'a "' + '$(b "' * 10_000,
            "a " + "'$(' " * 10_000,
            "a '" + '$("' * 10_000 + "'",
        ),
        *("X=1 " * 10_000 + "a", "a" + " > b" * 10_000, "a; " * 10_000 + "if", "a " + "$(b) " * 10_000),
        'a "' + "\\$('\"'\\'\"" * 8_000 + '"',
        *("a " + "\\\\" * 20_000, "a " + "${A:-b}" * 10_000, "a " + "'$(b' " * 10_000, "X=" * 20_000 + "|b"),
    ],
)
def test_a_plain_beginning_takes_no_longer_than_its_text(script: str) -> None:
    started = time.process_time()
    beginning(script)
    assert time.process_time() - started < 1
