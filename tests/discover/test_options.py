from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshlayer.discover.syntaxes.curl import TABLE as CURL
from freshlayer.discover.syntaxes.found import Unknown
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
from freshlayer.discover.syntaxes.wget import TABLE as WGET
from freshlayer.model.reasons import Reason

TABLE = OptionTable(
    frozenset("oH"), frozenset({"output", "header"}), {"o": "output", "H": "header", "L": "location"}
)
NONE = Unknown(Reason("not-computed"), "$X")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["a"], [Operand("a")]),
        (["-o", "f", "a"], [Option("output", "f"), Operand("a")]),
        (["-of", "a"], [Option("output", "f"), Operand("a")]),
        (["-Lof"], [Option("location", None), Option("output", "f")]),
        (["-sLo", "f"], [Option("s", None), Option("location", None), Option("output", "f")]),
        (["--output", "f"], [Option("output", "f")]),
        (["--output=f"], [Option("output", "f")]),
        (["--output="], [Option("output", "")]),
        (["--silent", "a"], [Option("silent", None), Operand("a")]),
        (["--silent=yes", "a"], [Option("silent", "yes"), Operand("a")]),
        (["--", "-o", "a"], [Operand("-o"), Operand("a")]),
        (["-", "a"], [Operand("-"), Operand("a")]),
        (["", "a"], [Operand(""), Operand("a")]),
        (["-o"], [Option("output", None)]),
        (["--output"], [Option("output", None)]),
        (["-o", "-", "a"], [Option("output", "-"), Operand("a")]),
        (["-o", "-x", "a"], [Option("output", "-x"), Operand("a")]),
        ([NONE, "a"], [Operand(NONE), Operand("a")]),
        (["-o", NONE, "a"], [Option("output", NONE), Operand("a")]),
        ([], []),
    ],
)
def test_options_and_operands_are_separated(
    words: list[str | Unknown], wanted: list[Option | Operand]
) -> None:
    assert list(read(words, TABLE)) == wanted


@pytest.mark.parametrize(
    ("word", "name"),
    [("--outp", "output"), ("--head", "header"), ("--o", "output"), ("--location", "location")],
)
def test_a_unique_beginning_of_a_long_option_is_that_option(word: str, name: str) -> None:
    assert next(iter(read([word, "f"], TABLE))) == Option(name, "f" if name in TABLE.long else None)


_LONG = ("output", "output-dir", "header", "range")
_SWITCHES = ("location", "silent", "head", "out")
_WORDS = st.sampled_from(
    [
        *("-o", "-H", "-L", "-s", "-of", "-Lo", "-sH", "a", "b", "--", "-"),
        *(f"--{name}" for name in (*_LONG, *_SWITCHES)),
        *("--output-d", "--rang", "--loc", "--headers", "--ra=x", "--output=f", "--header="),
    ]
)


@given(st.lists(_WORDS, max_size=6))
def test_options_are_read_as_getopt_reads_them(words: list[str]) -> None:
    """getopt(1) of util-linux: what it refuses is not compared."""
    long = ",".join([*(f"{name}:" for name in _LONG), *_SWITCHES])
    argv = ["getopt", "-q", "-o", "o:H:Ls", "-l", long, "--", *words]
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    assume(ran.returncode == 0)
    table = OptionTable(frozenset("oH"), frozenset(_LONG), switches=frozenset(_SWITCHES))
    options, operands = [], []
    for item in read(list(words), table):
        if isinstance(item, Operand):
            operands.append(str(item.value))
        else:
            options.append((item.name, None if item.value is None else str(item.value)))
    assert (options, operands) == _parsed(shlex.split(ran.stdout))


def _parsed(words: list[str]) -> tuple[list[tuple[str, str | None]], list[str]]:
    """(options with their values, operands) as getopt prints them."""
    options: list[tuple[str, str | None]] = []
    waiting = list(words)
    while waiting and waiting[0] != "--":
        name = re.sub("^--?", "", waiting.pop(0))
        options.append((name, waiting.pop(0) if name in {"o", "H", *_LONG} else None))
    return options, waiting[1:]


_PRINTED_WITHOUT_VALUE = frozenset({"max-redirect", "hsts-file"})
"""wget prints these without the value that they take."""
_OPTIONAL = frozenset({"backups"})
"""wget takes its value behind an equals sign alone."""


def _options_of(program: str, *arguments: str) -> tuple[set[str], set[str]]:
    """(long options without a value, those with one) that an installed program prints."""
    ran = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=10, check=False)
    found = re.findall(r"(?m)^\s*(?:-\w,\s+)?--([a-z][\w.-]*)(=|\s[<\[]|\[=)?", ran.stdout)
    switches = {name for name, value in found if value in {"", "[="}} - _PRINTED_WITHOUT_VALUE
    return switches, {name for name, value in found if value in {"=", " <", " ["}} - _OPTIONAL


@pytest.mark.parametrize(
    ("program", "arguments", "table"), [("curl", ("--help", "all"), CURL), ("wget", ("--help",), WGET)]
)
def test_no_switch_of_an_installed_program_takes_the_url(
    program: str, arguments: tuple[str, ...], table: OptionTable
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    switches, valued = _options_of(program, *arguments)
    assert len(switches) > 30
    for name in switches:
        assert Operand("U") in list(read([f"--{name}", "U"], table)), name
    for name in valued:
        assert Option(name, "U") in list(read([f"--{name}", "U"], table)), name
