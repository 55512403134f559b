"""Scripts → the words that their commands get, as POSIX sh and bash make them.

The program ``a`` stands for any; a word that is not known is ``?`` and its reason.
"""

from __future__ import annotations

import pytest

from freshlayer.shell import follow, written
from testing.scripts import calls, surroundings

KNOWN = {"V": "1.2", "URL": "https://example.org/a", "TWO": "a  b", "EMPTY": "", "PAD": " x "}
AROUND = surroundings(KNOWN, unset=frozenset({"ARG"}), secrets=frozenset({"TOKEN"}))


def words(script: str) -> list[list[str]]:
    return calls(script, AROUND)


QUOTING = [
    ("a b  c", ["a", "b", "c"]),
    ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
    ("a b'c'\"d\"e", ["a", "bcde"]),
    ("a b\\ c", ["a", "b c"]),
    ("a '' \"\"", ["a", "", ""]),
    ("a \\\n  b", ["a", "b"]),
    ("a b\\\nc", ["a", "bc"]),
    ('a "b\\\nc"', ["a", "bc"]),
    ("a \"\\$V\" '$V' \\$V", ["a", "$V", "$V", "$V"]),
    ('a "\\n\\"\\\\"', ["a", '\\n"\\']),
    ("a 'b\\c'", ["a", "b\\c"]),
    ("a $'b c'", ["a", "b c"]),
    ("a $'b\\tc\\n' $'it\\'s'", ["a", "b\tc\n", "it's"]),
    ("'cu'rl x", ["curl", "x"]),
    ('a --b=c -d="e f"', ["a", "--b=c", "-d=e f"]),
    ("a https://example.org/x?y=1\\&z=2", ["a", "https://example.org/x?y=1&z=2"]),
    ('a "https://example.org/x?y=1&z=2"', ["a", "https://example.org/x?y=1&z=2"]),
    ("a https://example.org/#b", ["a", "https://example.org/#b"]),
    ("a b # c", ["a", "b"]),
    ("a {b,c} {} {b} '{b,c}'", ["a", "b", "c", "{}", "{b}", "{b,c}"]),
    ("a 7 x=y", ["a", "7", "x=y"]),
    ("a é 'ü'", ["a", "é", "ü"]),
    ("a caf\udce9", ["a", "caf\udce9"]),
    ("a $ $'' \"$\"", ["a", "$", "", "$"]),
    ('a "`echo \\"b\\"`"', ["a", "b"]),
    ('a "$(echo "b c")"', ["a", "b c"]),
    ("a 'x'\\''y'", ["a", "x'y"]),
    ('a "it\'s $V"', ["a", "it's 1.2"]),
    ("a [x] *.y ?", ["a", "[x]", "*.y", "?"]),
    ("a -n -- -e", ["a", "-n", "--", "-e"]),
]


@pytest.mark.parametrize(("script", "wanted"), QUOTING, ids=[ascii(row[0]) for row in QUOTING])
def test_quotes_and_escapes_are_removed_as_the_shell_removes_them(script: str, wanted: list[str]) -> None:
    assert words(script) == [wanted]


EXPANSION = [
    ("a $V ${V}", ["a", "1.2", "1.2"]),
    ("a x$V/y", ["a", "x1.2/y"]),
    ('a "x${V}y"', ["a", "x1.2y"]),
    ("a $URL/$V", ["a", "https://example.org/a/1.2"]),
    ("$URL a", ["https://example.org/a", "a"]),
    ("a $TWO", ["a", "a", "b"]),
    ('a "$TWO"', ["a", "a  b"]),
    ("a x$TWO", ["a", "xa", "b"]),
    ("a x${PAD}y", ["a", "x", "x", "y"]),
    ("a $PAD", ["a", "x"]),
    ("a $PAD$PAD", ["a", "x", "x"]),
    ("a $EMPTY b", ["a", "b"]),
    ('a "$EMPTY" b', ["a", "", "b"]),
    ("a $EMPTY'' b", ["a", "", "b"]),
    ("a ${V:-d} ${V-d}", ["a", "1.2", "1.2"]),
    ("a ${ARG:-d} ${ARG-d} ${ARG:+d}", ["a", "d", "d"]),
    ('a "${ARG:-d e}"', ["a", "d e"]),
    ('a ${EMPTY:-d} "${EMPTY-d}"', ["a", "d", ""]),
    ("a ${ARG:=d} $ARG", ["a", "d", "d"]),
]


@pytest.mark.parametrize(("script", "wanted"), EXPANSION, ids=[row[0] for row in EXPANSION])
def test_parameters_are_expanded_and_split_as_the_shell_does(script: str, wanted: list[str]) -> None:
    assert words(script) == [wanted]


UNKNOWN = [
    ("a $NONE", "NONE has no value"),
    ('a "x$NONE"', "NONE has no value"),
    ("a ${NONE#x}", "NONE has no value"),
    ("a $ARG", "ARG needs a build arg"),
    ("a x$ARG/y", "ARG needs a build arg"),
    ("a ${ARG%x}", "ARG needs a build arg"),
    ("a $$", "$$"),
    ("a $?", "$?"),
    ("a $(b)", "needs the output of b"),
    ("a `b`", "needs the output of b"),
    ('a "x$(b)y"', "needs the output of b"),
    ("a $((1+2))", "$((1+2))"),
    ("a ${!V}", "${!V}"),
    ("V=$(b); a $V", "needs the output of b"),
    ("b | while read -r V; do a $V; done", "needs the output of b"),
    ("read V < f; a $V", "needs the output of cat f"),
    ("while read V; do a $V; done < f", "needs the output of cat f"),
    ("read V; a $V", "input"),
    ("V=$(cat f); a $V", "needs the output of cat f"),
    ("V=$(curl https://example.org/v); a x$V", "depends on the answer to curl https://example.org/v"),
    ("V=$(curl https://example.org/v | jq .x); a $V", "depends on the answer to curl"),
    ("V=$(curl https://example.org/v | sed s/v//); W=x$V; a $W", "depends on the answer to curl"),
    ('V="$(wget -qO- https://example.org/v)" && a ${V#v}', "depends on the answer to wget"),
    (". /etc/os-release; a $NONE", "/etc/os-release"),
    ("export $(curl https://example.org/v | xargs); a $NONE", "depends on the answer to curl"),
    ("eval $(b); a $NONE", "b"),
    ("a $TOKEN", "TOKEN comes from a secret"),
    ("V=$(echo x$TOKEN | base64); a $V", "TOKEN comes from a secret"),
    ("V=$(curl -H $TOKEN https://example.org/v); a $V", "TOKEN comes from a secret"),
]


@pytest.mark.parametrize(("script", "reason"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_a_word_whose_value_is_not_known_is_never_guessed(script: str, reason: str) -> None:
    found = [command for command in words(script) if command[0] == "a"]
    assert [len(command) for command in found] == [2]
    assert found[0][1].startswith("?")
    assert reason in found[0][1]


def test_an_unknown_word_is_kept_as_written() -> None:
    (call,) = follow('a "x${NONE}y"', AROUND).calls
    assert written(call.words[1]) == "x${NONE}y"


ASSIGNED = [
    ("V=2; a $V", "2"),
    ("V=2 && a $V", "2"),
    ("export V=2; a $V", "2"),
    ("export V; V=2; a $V", "2"),
    ("export 'V=2'; a $V", "2"),
    ("declare -x V=2; a $V", "2"),
    ("readonly V=2; a $V", "2"),
    ("typeset V=2; a $V", "2"),
    ("V+=.3; a $V", "1.2.3"),
    ("V=2; V+=3; a $V", "23"),
    ("a $V; V=2", "1.2"),
    ("V=2; a $V; V=3", "2"),
    ("V='x y'; a \"$V\"", "x y"),
    ("V=$URL/$V; a $V", "https://example.org/a/1.2"),
    ('V=$TWO; a "$V"', "a  b"),
    ("V=; a x$V", "x"),
    ("unset V; a x${V:-d}", "xd"),
    ("V=2 a $V", "1.2"),
    ("V=2 b; a $V", "1.2"),
    ("(V=2; b); a $V", "1.2"),
    ("{ V=2; b; }; a $V", "2"),
    ("V=2 | b; a $V", "1.2"),
    ("V=$(echo 2); a $V", "2"),
    ("V=`echo 2`; a $V", "2"),
    ("V=$(W=2; echo $W); a $V", "2"),
    ("V=$(V=2; echo); a $V", None),
    ("set -- x y; a $2", "y"),
    ("set -- x y; shift; a $1", "y"),
    ("set -- x y z; shift 2; a $1", "z"),
    ("set -- x y; a $#", "2"),
    ("set -- 'x y' z; a \"$1\"", "x y"),
    ("read V <<EOF\n2\nEOF\na $V", "2"),
    ("read -r V W <<< '2 3 4'; a \"$W\"", "3 4"),
    ("V=$(cat <<EOF\nx$V\nEOF\n); a $V", "x1.2"),
    ("V=$(cat <<'EOF'\nx$V\nEOF\n); a $V", "x$V"),
    ("V=$(cat <<-EOF\n\tx\n\tEOF\n); a $V", "x"),
]


@pytest.mark.parametrize(("script", "wanted"), ASSIGNED, ids=[row[0] for row in ASSIGNED])
def test_what_the_script_sets_is_known_from_there_on(script: str, wanted: str | None) -> None:
    found = [command[1:] for command in words(script) if command[0] == "a"]
    assert found == [[wanted] if wanted is not None else []]
