"""Command lines of package managers → what they do, as the real programs read them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.discover.commands import of_calls
from freshlayer.discover.package_calls import OF_SYSTEM, PackageCalls
from freshlayer.discover.package_commands import MANAGERS, PackageCommands
from freshlayer.discover.syntaxes.found import Finding, Unknown
from freshlayer.discover.syntaxes.options import OptionTable
from freshlayer.discover.syntaxes.package_lines import CommandLine, divided, table_of
from freshlayer.discover.syntaxes.packages_apt import TABLE as APT
from freshlayer.discover.syntaxes.packages_rpm import TABLE as DNF
from freshlayer.model.reasons import Reason
from freshlayer.shell import Call
from freshlayer.shell.downloads import NoDownloads
from freshlayer.shell.values import NOTHING, Values

CASES = Path(__file__).with_name("package_lines.txt").read_text("utf-8").splitlines()
LINES = [line.split(" => ") for line in CASES if line and not line.startswith("#")]


def shown(line: CommandLine) -> str:
    """``action[+] | words | options``; ``+``: it reads the indexes again."""
    reads = "+" if line.updates and line.action != "update" else ""
    reads = "+" if line.updates and line.verb in {"makecache", "ref"} else reads
    options = " ".join(f"{name}={value}" if value else name for name, value in line.options)
    words = " ".join(word if isinstance(word, str) else word.text for word in line.words)
    return " ".join(f"{line.action or 'listed'}{reads} | {words} | {options}".split())


@pytest.mark.parametrize(("text", "wanted"), LINES, ids=[row[0] for row in LINES])
def test_a_command_line(text: str, wanted: str) -> None:
    name, *arguments = shlex.split(text)
    if wanted == "not a package manager":
        assert name not in MANAGERS
        return
    lines = [shown(line) for line in MANAGERS[name][1](name, list(arguments))]
    assert lines == [" ".join(line.split()) for line in wanted.split(" ; ") if line]


def test_a_word_that_is_not_known_stays_unknown_and_is_no_subcommand() -> None:
    hole = Unknown(Reason("needs-build-arg"), "$X", "…")
    value = Unknown(Reason("needs-build-arg"), "-t$X", "-t…")
    (line,) = MANAGERS["apt-get"][1]("apt-get", [hole, "install", hole, value, "x"])
    assert line.words == (hole, "x")
    assert dict(line.options)["target-release"] == Unknown(hole.reason, "-t$X", "…")


WORDS = st.lists(
    st.sampled_from(
        "install update upgrade in add del module enable -y -t -o -X --repo --setopt= -qq=2 -- - '' = -tsid x"
        " y=1 @g --no-install-recommends --installroot /mnt -p swap remove group \u00e9 -\u00e9 --= *".split()
    )
    | st.text(max_size=6),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(MANAGERS)), WORDS)
def test_any_words_are_read(name: str, words: list[str]) -> None:
    for line in MANAGERS[name][1](name, list(words)):
        assert all(isinstance(option, str) for option, _ in line.options)
        assert {word for word in line.words if isinstance(word, str)} <= set(words)


LETTERS = table_of("with,w= switch,s within long,l,longer= y q,quiet both both= x,y=")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            "in up -s -y -q -sq -w -x -l --switch --quiet --q --with --within --wit --both --longer=a -both"
            " -- -".split()
        )
        | st.sampled_from(["", Unknown(Reason("not-computed"), "-s$X", "-s…")]),
        max_size=6,
    )
)
def test_switches_and_words_are_divided_as_any_other_line(words: list[str | Unknown]) -> None:
    table, names = LETTERS
    plain = OptionTable(table.short, table.long, switches=table.switches)
    assert divided(words, table, names) == divided(words, plain, names)


def read(name: str, words: list[str], given: Values) -> tuple[list[tuple[str, Finding]], object]:
    made = PackageCommands("linux/amd64", NoDownloads(), lambda _: "")
    call = Call(tuple((word,) if word else () for word in (name, *words)), given)
    return list(of_calls((call,), packages=PackageCalls(lambda: made))), made.commands


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(OF_SYSTEM)), WORDS)
def test_words_without_a_url_are_read_by_the_grammar_alone(name: str, words: list[str]) -> None:
    """With a text on its standard input a command is looked at in every way."""
    assert read(name, words, NOTHING) == read(name, words, (("y\n",),))


def test_what_is_read_by_a_grammar_alone_has_one() -> None:
    assert OF_SYSTEM | {"rm"} == MANAGERS.keys()


@pytest.mark.skipif(not shutil.which("apt-get"), reason="there is no apt-get")
@pytest.mark.parametrize("name", sorted(APT.long | APT.switches))
def test_apt_takes_a_value_where_the_table_does(name: str) -> None:
    """An option with a value at the end of a command line: apt-get states that it misses."""
    option = f"-{name}" if len(name) == 1 else f"--{name}"
    verb = "build-dep" if name in _OF_SOURCES else "install"
    words = ["apt-get", "-v", verb, option]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=_ENVIRONMENT)
    if "is not understood" in ran.stderr:
        pytest.skip("this apt-get does not know it with that subcommand")
    assert ("requires an argument" in ran.stderr or "Option file" in ran.stderr) == (
        name in APT.long or name in APT.short
    ), ran.stderr


_OF_SOURCES = {"host-architecture", "a", "build-profiles", "P", "arch-only", "indep-only", "only-source"}
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
_ARITY = """
import dnf.cli.option_parser as parser
for action in parser.OptionParser()._actions:
    for option in action.option_strings:
        print(option, int(action.nargs != 0))
"""


@pytest.mark.skipif(not shutil.which("dnf"), reason="there is no dnf")
def test_dnf_takes_a_value_where_the_table_does() -> None:
    ran = subprocess.run(
        ["/usr/bin/python3", "-c", _ARITY], capture_output=True, text=True, timeout=60, check=True
    )
    options = [line.split() for line in ran.stdout.splitlines()]
    assert len(options) > 50
    left_out = {"-4", "-6", "--help-cmd"}
    for option, valued in options:
        name = option.lstrip("-")
        if option not in left_out:
            known = name in (DNF.short if len(name) == 1 else DNF.long)
            assert known == (valued == "1"), option
            assert known or name in DNF.switches, option
