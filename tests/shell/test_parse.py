"""Scripts → which simple commands stand in them, wherever they stand."""

from __future__ import annotations

import pytest

from freshlayer.shell import follow, known
from freshlayer.shell.syntax.nodes import AndOr, Command, Pipeline, Sequence
from freshlayer.shell.syntax.parse import parse
from testing.scripts import command_names, surroundings

STRUCTURES = [
    ("a", ["a"]),
    ("a; b & c", ["a", "b", "c"]),
    ("a && b || c", ["a", "b", "c"]),
    ("a | b |& c", ["a", "b", "c"]),
    ("! a", ["a"]),
    ("! a | b", ["a", "b"]),
    ("(a; b)", ["a", "b"]),
    ("{ a; b; }", ["a", "b"]),
    ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
    ("while a; do b; done", ["a", "b"]),
    ("until a; do b; done", ["a", "b"]),
    ("for x in 1 2; do a; done", ["a"]),
    ("for x; do a; done", ["a"]),
    ("for x in $(a); do b; done", ["a", "b"]),
    ("for ((i=0; i<3; i++)); do a; done", ["a"]),
    ("case $x in a) b;; *) c;; esac", ["b", "c"]),
    ("case $(a) in a|b) b;; (c) c;; esac", ["a", "b", "c"]),
    ("f() { a; }; f", ["a", "f"]),
    ("function f { a; }; f", ["a", "f"]),
    ("x=$(a)", ["a"]),
    ("x=`a`", ["a"]),
    ("x=`a \\`b\\``", ["a", "b"]),
    ("export x=$(a)", ["a"]),
    ("export $(a)", ["a"]),
    ("local x=$(a) y", ["a"]),
    ('b "$(a)"', ["b", "a"]),
    ("b <(a)", ["b", "a"]),
    ("b >(a)", ["b", "a"]),
    ("b ${x:-$(a)}", ["b", "a"]),
    ("x=1 a", ["a"]),
    ("x=$(b) a", ["a", "b"]),
    ("a > f 2>&1 < g", ["a"]),
    ("> f a", ["a"]),
    ("{ a; b; } > f", ["a", "b"]),
    ("( a; b ) 2>&1 | c", ["a", "b", "c"]),
    ("if a; then b; fi < f | c", ["a", "b", "c"]),
    ("while a; do b; done <<EOF\nx\nEOF\nc", ["a", "b", "c"]),
    ("set -eux; a", ["set", "a"]),
    ("cat <<EOF\nb\nEOF\na", ["cat", "a"]),
    ("cat <<EOF | a\nb\nEOF", ["cat", "a"]),
    ("cat <<EOF | a && c\nb\nEOF", ["cat", "a", "c"]),
    ("cat <<EOF && a || c\nb\nEOF", ["cat", "a", "c"]),
    ("cat <<EOF; a\nb\nEOF", ["cat", "a"]),
    ("cat <<EOF > f && a | c\nb\nEOF\nd", ["cat", "a", "c", "d"]),
    ("cat <<EOF\n$(a)\nEOF", ["cat", "a"]),
    ("cat <<'EOF'\n$(a)\nEOF", ["cat"]),
    ("if cat <<EOF; then a; fi\nb\nEOF\nd", ["cat", "a", "d"]),
    ("cat <<'E-1' > f; a\nb; c <<E\nE-1\nd", ["cat", "a", "d"]),
    ("(cat <<EOF)\nEOF\na", ["cat", "a"]),
    ("a | b | c d\n<<EOF e -i -\n1\nEOF\nf", ["a", "b", "c", "e", "f"]),
    ("a | b | c d\n> f e", ["a", "b", "c", "e"]),
    ("a | b | c <<EOF\n1\nEOF\nd", ["a", "b", "c", "d"]),
    ("cat <<EOF & a\nb\nEOF", ["cat", "a"]),
    ("if a; then if b; then c; fi fi", ["a", "b", "c"]),
    ("for x in 1; do if b; then c; fi done", ["b", "c"]),
    ("a <<< b", ["a"]),
    ('a <<< "$(b)"', ["a", "b"]),
    ("# a\nb", ["b"]),
    ("[ -f x ] || a", ["a"]),
    ("[[ -f x ]] && a", ["a"]),
    ("[ -n $(a) ]", ["a"]),
    ('test -n "$(a)"', ["test", "a"]),
    ("a \\\n  b", ["a"]),
    ("a $((${x}0)) $((1$x)) $((${x}${y}+1))", ["a"]),
    ("if ((${x}0)); then a; fi", ["a"]),
    ("a `b``c` x", ["a", "b", "c"]),
    ("a `b # x``c`; d", ["a", "b", "c", "d"]),
    ("time a", ["time"]),
    ("", []),
    ("\n\n", []),
]


@pytest.mark.parametrize(("script", "wanted"), STRUCTURES, ids=[row[0] for row in STRUCTURES])
def test_every_simple_command_is_found(script: str, wanted: list[str]) -> None:
    found = parse(script)
    assert sorted(command_names(found)) == sorted(wanted)
    assert found.whole


@pytest.mark.parametrize(
    "script", ["if a; then (", "a )", "case x in", "a 'b", "Invoke-WebRequest (x", "${", "a `b", "$((a) | (b"]
)
def test_a_script_that_does_not_parse_says_so(script: str) -> None:
    assert not parse(script).whole


@pytest.mark.parametrize("script", ["\x00", "\udcff\udcfe", "a\x00b", "(" * 2000, "$(" * 500, "a" * 100_000])
def test_nothing_makes_the_parser_fail(script: str) -> None:
    parse(script)


@pytest.mark.parametrize(
    ("script", "url"),
    [
        ("wget https://h/$V/x-$V.deb -O x", "https://h/1.2/x-1.2.deb"),
        ("wget https://h/$V-$V-$(uname -m)", "https://h/1.2-1.2-x86_64"),
        ("wget https://h/x-$V-$V.tgz", "https://h/x-1.2-1.2.tgz"),
        ("wget https://h/$V/$V-`uname -m`", "https://h/1.2/1.2-x86_64"),
    ],
)
def test_a_hyphen_before_a_variable_ends_no_word(script: str, url: str) -> None:
    """tree-sitter-bash 0.25 reads ``-$`` as a word of its own."""
    (call,) = follow(script, surroundings({"V": "1.2"})).calls
    assert url in [known(field) for field in call.words]


@pytest.mark.parametrize("end", [" $x", ' "$(e)"', " > f"])
def test_a_pipeline_is_one_part_of_a_list(end: str) -> None:
    """The grammar takes what is before or behind a pipeline of three programs for a part of it."""
    script = parse(f'x="$(w)" && {{ a; }} | b 2> e |c -d{end} && g || h').body
    match script:
        case Sequence(statements=(AndOr(AndOr(AndOr(Command(), "&&", Pipeline(parts)), "&&"), "||"),)):
            assert len(parts) == 3
        case _:
            raise AssertionError(script)
