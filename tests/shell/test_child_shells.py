"""What a child shell sees: its arguments, ``$0``, the exported variables, the working directory."""

from __future__ import annotations

import shutil

import pytest

from freshlayer.shell import follow, known
from testing.random_scripts.shells import SHELLS, run
from testing.scripts import calls, surroundings

VALUES = {"V": "1.2.3", "TWO": "a b"}
AROUND = surroundings(VALUES, unset=frozenset("xyz"))
HERE = [name for name, (program, *_) in SHELLS.items() if shutil.which(program)]
SCRIPTS = (
    'sh -c \'wget "$0" "$1" $#\' n o p',
    "sh -c 'wget $#' n",
    "sh -ec 'false; wget no'; wget after",
    "sh -euc 'unset x; wget $x; wget no'; wget after",
    "sh -c 'V=2; exit 1' || wget $V",
    'sh -c "wget $V"',
    "export x=1; sh -c 'wget $x'",
    "x=1; export x; x=2; sh -c 'wget $x'",
    "x=1 sh -c 'wget $x'; wget y",
    "V=2; sh -c 'wget $V'",
    "V=2 sh -c 'wget $V'; wget $V",
    "unset V; sh -c 'wget x$V'; wget ${V-d}",
    "unset V; sh -c 'wget ${V-d}'",
    "unset V; V=2; sh -c 'wget x$V'; wget $V",
    "unset V; V=2 sh -c 'wget $V'; sh -c 'wget x$V'",
    "unset V; export V; V=3; sh -c 'wget $V'",
    "unset V; V=2; sh -c 'V=3; sh -c \"wget x\\$V\"'",
    "(unset V; V=2); V=3; sh -c 'wget $V'",
    "x=1; env -i PATH=\"$PATH\" sh -c 'wget x$V$x'",
    "env -i PATH=\"$PATH\" V=4 sh -c 'wget x$V$TWO'",
    "env -u V sh -c 'wget x$V\"$TWO\"'",
    "env V=5 sh -c 'wget $V'; wget $V",
    "set -a; x=1; sh -c 'wget $x'",
    "export x; x=7; sh -c 'wget $x'",
    "(export x=1; sh -c 'wget $x'); wget y",
    "sh -s p q <<'EOF'\nwget $# $1\nEOF",
    "sh <<EOF\nwget $V \\$TWO\nEOF",
    "echo 'wget $V' | sh",
    "echo 'wget $1' | sh -s -- r",
    "set -- outer; sh -c 'wget x$1'; wget $1",
)


@pytest.mark.slow
@pytest.mark.parametrize("shell", HERE)
def test_a_child_shell_sees_what_is_exported(shell: str) -> None:
    found = {script: [words for words in calls(script, AROUND) if words[0] == "wget"] for script in SCRIPTS}
    assert found == dict(zip(SCRIPTS, run(SCRIPTS, shell, VALUES), strict=True))


def test_a_variable_that_is_not_exported_does_not_reach_a_child() -> None:
    assert calls("x=1; sh -c 'a $x'; a $x", AROUND) == [["a", "?x: needs a build argument"], ["a", "1"]]


def test_a_function_does_not_reach_a_child() -> None:
    assert calls("f() { a; }; sh -c 'f'; f", AROUND) == [["f"], ["a"]]


def test_a_script_has_a_name_and_arguments_of_its_own() -> None:
    text = 'curl "$0" "$1" $# "$2"; shift; curl "$1"'
    found = follow(text, AROUND, "/x.sh", (("p",), ("q r",)))
    assert [[known(word) for word in call.words] for call in found.calls] == [
        ["curl", "/x.sh", "p", "2", "q r"],
        ["curl", "q r"],
    ]


def test_a_child_starts_where_its_parent_is_and_changes_nothing_there() -> None:
    found = follow("cd /x; sh -c 'a; cd y; a'; a", AROUND)
    assert [call.directory for call in found.calls] == ["/x", "/x/y", "/x"]
