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
    ("a $NONE", "NONE: is not set"),
    ('a "x$NONE"', "NONE: is not set"),
    ("a ${NONE#x}", "NONE: is not set"),
    ("a $ARG", "ARG: needs a build argument"),
    ("a x$ARG/y", "ARG: needs a build argument"),
    ("a ${ARG%x}", "ARG: needs a build argument"),
    ("a $$", "$$"),
    ("a $?", "$?"),
    ("a $(b)", "needs the output of b"),
    ("a `b`", "needs the output of b"),
    ('a "x$(b)y"', "needs the output of b"),
    ("a $((1+$UNSET))", "UNSET"),
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
    ("a $TOKEN", "TOKEN: comes from a build secret"),
    ("V=$(echo x$TOKEN | base64); a $V", "TOKEN: comes from a build secret"),
    ("V=$(curl -H $TOKEN https://example.org/v); a $V", "TOKEN: comes from a build secret"),
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


UNDECIDED = [
    ("if x; then V=1; else V=2; fi; a $V", ["1", "2"]),
    ("if x; then V=1; fi; a $V", ["1", "1.2"]),
    ("if [ -f f ]; then V=1; elif [ -f g ]; then V=2; else V=3; fi; a $V", ["1", "2", "3"]),
    ("[ -f f ] && V=1 || V=2; a $V", ["1", "2"]),
    ("[ -f f ] && V=1; a $V", ["1", "1.2"]),
    ("[ -f f ] || V=1; a $V", ["1", "1.2"]),
    ("[[ $NONE = x ]] && V=1; a $V", ["1", "1.2"]),
    ("(( NONE > 3 )) && V=1; a $V", ["1", "1.2"]),
    ("if [ -f f ]; then exit; fi; a $V", ["1.2"]),
    ("if [ -f f ]; then V=1; else exit 1; fi; a $V", ["1"]),
    ("[ -f f ] || exit 1; a $V", ["1.2"]),
    ("[ -f f ] || { b; exit 1; }; a $V", ["1.2"]),
    ("x || exit 1; a $V", ["1.2"]),
    ("x && exit; a $V", ["1.2"]),
    ("x && V=1; a $V", ["1"]),
    ("x || V=1; a $V", ["1", "1.2"]),
    ("V=$(x) || V=1; a $V", ["1", "?needs the output of x"]),
    ("case $(x) in p) V=1;; q) V=2;; *) exit 1;; esac; a $V", ["1", "2"]),
    ("case $(x) in p) V=1;; q) V=2;; esac; a $V", ["1", "2", "1.2"]),
    ("case $(x) in p) V=1;; *) V=2;; esac; a $V", ["1", "2"]),
    ("case $V in $(x)) V=1;; 1.*) V=2;; esac; a $V", ["1", "2"]),
    ("for i in 1 2; do x && break; a $i; done", ["1", "2"]),
    ("for i in 1 2; do [ -f f ] && continue; a $i; done", ["1", "2"]),
    ("for i in p q; do if [ -f $i ]; then V=$i; break; fi; done; a $V", ["p", "q", "1.2"]),
    ("while [ -f f ]; do V=1; done; a $V", ["1", "1.2"]),
    ("while x; do V=1; break; done; a $V", ["1", "1.2"]),
    ("until x; do V=1; done; a $V", ["1", "1.2"]),
    ("f() { if [ -f f ]; then V=1; return; fi; V=2; }; f; a $V", ["1", "2"]),
    ("f() { [ -f f ] || return 1; V=1; }; f; a $V", ["1", "1.2"]),
    ("V=$([ -f f ] && echo 1 || echo 2); a $V", ["1", "2"]),
    ("V=$(if [ -f f ]; then echo 1; else echo 2; fi); a $V", ["1", "2"]),
    ("V=$(if x; then echo 1; else echo 2; fi); a $V", ["?needs the output of x"]),
    ("command -v x && V=1; a $V", ["1", "1.2"]),
    ("[ -f f ] && x || exit 1; a $V", ["1.2"]),
    ("[ -f f ] && V=1 || exit 1; a $V", ["1"]),
    ("[ -f f ] && exit || V=1; a $V", ["1"]),
    ('[ -n "$NONE" ] && V=1 || true; a $V', ["1", "1.2"]),
    ("if x; then F=(p q); else F=(r); fi; for i in ${F[@]}; do a $i; done", ["p", "q", "r"]),
    ("if x; then V=p; else V=q; fi; if [ $V = p ]; then a 1$V; else a 2$V; fi", ["1p", "2q"]),
    ("if x; then V=p; else V=q; fi; [ $V = p ] && a $V", ["p"]),
    ("if x; then V=p; else V=q; fi; a ${V#p}x", ["x", "qx"]),
    ("if x; then V=p; else V=q; fi; a ${V/q/r} $V", ["p", "r", "q"]),
    ("echo $NONE | grep -q x && V=1; a $V", ["1", "1.2"]),
    ("echo $V | grep -q 1.2 && V=1; a $V", ["1"]),
    ("echo $V | grep -q 3 || V=1; a $V", ["1"]),
]


@pytest.mark.parametrize(("script", "wanted"), UNDECIDED, ids=[row[0] for row in UNDECIDED])
def test_where_a_condition_is_not_decided_every_way_is_gone(script: str, wanted: list[str]) -> None:
    found = {word for command in words(script) if command[0] == "a" for word in command[1:]}
    assert found == set(wanted)


WRAPPED = [
    "sudo a x",
    "sudo -E -u nobody V=1 a x",
    "env -i V=1 a x",
    "timeout -k 5 60 a x",
    "nice -n 10 nohup a x",
    "exec a x",
    "command a x",
    "gosu user a x",
    "busybox a x",
    "sh -c 'a x'",
    "sh -c 'a $1' sh x",
    'bash -o pipefail -ec "a x"',
    "su user -c 'a x'",
    "su - user -c 'a x'",
    "echo 'a x' | sh",
    "sh <<EOF\na x\nEOF",
    "bash -s <<< 'a x'",
    "eval a x",
    "eval 'a x'",
    "eval \"a 'x'\"",
    "echo x | xargs a",
    "echo x | xargs -n1 a",
    "echo x | xargs -I{} a {}",
    "echo x | xargs -I% sh -c 'a %'",
    "echo x | xargs sudo a",
    "find . -exec a x \\;",
    "find . -type f -exec sh -c 'a x' {} +",
    "f() { a x; }; f",
    "f() { a $1; }; f x",
    'f() { "$@"; }; f a x',
    "x=a; $x x",
    "x='a x'; $x",
    "(cd y && a x)",
    "{ a x; } | b",
    "b | a x",
    "b && a x || c",
    "b $(a x)",
    "b <(a x)",
    "b < <(a x)",
    'b <<< "$(a x)"',
    "b <<EOF\n$(a x)\nEOF",
    "V=$(a x)",
    "export V=$(a x)",
    '[ -n "$(a x)" ]',
    "[[ $(a x) = y ]]",
    "for i in $(a x); do b; done",
    "case $(a x) in y) b;; esac",
    "b ${NONE2:-$(a x)} || true",
    "time a x",
    "! a x",
    "a x > f 2>&1",
    "> f a x",
    "a < f x",
    "trap 'b' EXIT; a x",
]


@pytest.mark.parametrize("script", WRAPPED)
def test_a_program_is_found_under_whatever_runs_it(script: str) -> None:
    assert ["a", "x"] in words(script)


TOGETHER = [
    ("if [ -f /x ]; then x=1 y=2; else x=3 y=4; fi; a $x-$y", ["1-2", "3-4"]),
    ("if [ -f /x ]; then x=1 y=2; else x=3 y=4; fi; u=$x/$y; a $u", ["1/2", "3/4"]),
    ("if [ -f /x ]; then x=1 y=2; else x=3 y=4; fi; f() { a $1-$2; }; f $x $y", ["1-2", "3-4"]),
    ("if [ -f /x ]; then x=1 y=2; else x=3 y=4; fi; x=9; a $x-$y", ["9-2", "9-4"]),
    ("x=0 y=0; [ -f /x ] && { x=1; y=1; }; a $x-$y", ["0-0", "1-1"]),
    ("case $(b) in p) x=1 y=2 ;; q) x=3 y=4 ;; *) exit 1 ;; esac; a $x-$(echo $y)", ["1-2", "3-4"]),
    ("if [ -f /x ]; then x=1; else x=3; fi; set -- p $x q; a $2; shift; a $1; a $2", ["1", "3"] * 2 + ["q"]),
    ("b && { x=1; y=2; } || { x=3; y=4; }; a $x-$y", ["1-2", "3-4"]),
]


@pytest.mark.parametrize(("script", "wanted"), TOGETHER, ids=[row[0] for row in TOGETHER])
def test_values_of_one_arm_stay_together(script: str, wanted: list[str]) -> None:
    assert [command[1] for command in words(script) if command[0] == "a"] == wanted


@pytest.mark.parametrize("command", ["a", "sh", "cat", "$UNKNOWN"])
def test_what_the_document_of_a_program_sets_is_not_known(command: str) -> None:
    """bash expands it in the child process: the name keeps its value; in dash it is set."""
    (found,) = words(f"{command} <<EOF\n${{EMPTY:=2}}\nEOF\nb $EMPTY")[-1:]
    assert found[0] == "b"
    assert found[1].startswith("?a here-document sets it")


@pytest.mark.parametrize("command", ["read x", "f", "{ a; }", ":"])
def test_what_another_document_sets_is_known(command: str) -> None:
    script = f"f() {{ a; }}; {command} <<EOF\n${{EMPTY:=2}}\nEOF\nb $EMPTY"
    assert words(script)[-1] == ["b", "2"]


def test_an_array_has_the_elements_of_each_way_side_by_side() -> None:
    script = 'b && z=1 || z=2; l=($z x); a ${#l[@]} ${l[1]}; l+=($z); a ${#l[@]}; a "${l[@]}"'
    found = [tuple(row) for row in words(script) if row[0] == "a"]
    assert found[:2] == [("a", "2", "x"), ("a", "3")]
    assert {row[2] for row in found[2:]} == {"x"}
    assert {row[1] for row in found[2:]} == {row[3] for row in found[2:]} == {"1", "2"}


def test_an_argument_that_only_some_ways_have_is_not_known() -> None:
    found = words('if b; then set -- x; else set -- y z; fi; a "$1"; a "$2"')
    assert [row[1] for row in found if row[:2] != ["b"] and row[0] == "a"] == [
        "x",
        "y",
        "?how many arguments there are is not known",
        "z",
    ]
