"""A limit that is reached is a value that is not known, with its reason; never literal text."""

from __future__ import annotations

import pytest

from freshlayer.discover.syntaxes.globs import globbed
from freshlayer.shell import follow
from testing.scripts import calls, surroundings

AROUND = surroundings({})
BRACES = "?its braces expand to more than 2,000 words"


def test_as_many_words_as_a_brace_stands_for() -> None:
    assert calls("a x{1..65}", AROUND) == [["a", *(f"x{n}" for n in range(1, 66))]]
    assert calls("for i in {1..2000}; do a $i; done", AROUND) == [["a", str(n)] for n in range(1, 2001)]


@pytest.mark.parametrize(
    "word",
    ["{1..2001}", "x{1..99999999999999}", "{1..50}{1..50}", "{" + ",".join(map(str, range(2001))) + "}"],
)
def test_too_many_are_not_known(word: str) -> None:
    assert calls(f"a {word}", AROUND) == [["a", BRACES]]


def test_a_loop_over_too_many_goes_round_once_with_a_value_that_is_not_known() -> None:
    assert calls("for i in {1..2001}; do a x$i; done; a end", AROUND) == [["a", BRACES], ["a", "end"]]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("{a..e..2}", ["a", "c", "e"]),
        ("{e..a..2}", ["e", "c", "a"]),
        ("{08..10}", ["08", "09", "10"]),
        ("{1..1000000..500000}", ["1", "500001"]),
    ],
)
def test_a_range_has_steps_and_digits(word: str, wanted: list[str]) -> None:
    assert calls(f"a {word}", AROUND) == [["a", *wanted]]


def test_a_long_word_with_braces_is_not_known() -> None:
    (call,) = calls("a " + "x" * 20_000 + "{b,c}", AROUND)
    assert call == ["a", "?its word with braces is too long"]


def test_a_long_word_in_quotes_has_none() -> None:
    text = "x" * 3000 + "{b,c}"
    assert calls(f"a '{text}'", AROUND) == [["a", text]]


@pytest.mark.parametrize("script", ["sh -c 'a; ('", "eval 'a; ('", "sh <<'EOF'\na; (\nEOF"])
def test_a_script_in_a_script_that_is_not_understood_is_said(script: str) -> None:
    assert not follow(script, AROUND).whole


def test_curls_own_ranges_have_the_same_limit() -> None:
    assert len(globbed("http://x/[1-2000]") or []) == 2000
    assert globbed("http://x/[1-2001]") is None
