from __future__ import annotations

import pytest

from freshlayer.discover.syntaxes.found import Unknown
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
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
def test_options_are_told_from_operands(words: list[str | Unknown], wanted: list[Option | Operand]) -> None:
    assert list(read(words, TABLE)) == wanted
