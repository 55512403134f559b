"""A curl command of plain options is read in one look: as any other one is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.discover.commands import of_calls
from freshlayer.discover.syntaxes.curl import curl
from freshlayer.discover.syntaxes.found import Found, Unknown, Word
from freshlayer.model.reasons import Reason
from freshlayer.request_form import RequestForm
from freshlayer.shell import Call

WORDS = """
    -f -fsSL -fsSLO -O -L -o -Lo -oL -o- - -- -sS -sSfL -k -I -G -J -JLO -vL -fLsSo -ofile -Loout -o=x -X
    -H -d -u -K -m -e -x -: --next --location --location-trusted --locationL --location=x --no-location --fail
    --fail-early --silent --silent=1 --sil --show-error --retry --retry-delay --output --proto --max-time
    --max-redirs --url --compressed --create-dirs --insecure --remote-name 5 0 x /tmp/L POST a=b A:b u:p
    =https é -é example.org https://example.org/{a,b} https://example.org/a/../b https://[::1]/x
    https://example.org/q?a=1
""".split()
UNKNOWN = Unknown(Reason("not-computed"), "$X", "…")
URLS = st.sampled_from(["https://example.org/a", "http://example.org/L?o#f", "https://example.org/"])
OTHERS: list[Word] = [*WORDS, "", "a b", "-L b", "\n", UNKNOWN]

NOT_SIMPLE = "--no-buffer"
"""It changes nothing, and is not one of the options that are read in one look."""


@given(st.lists(st.one_of(URLS, st.sampled_from(OTHERS)), max_size=7))
def test_one_look_finds_what_reading_each_option_does(words: list[Word]) -> None:
    assert list(curl(words)) == list(curl([NOT_SIMPLE, *words]))


@given(st.lists(st.one_of(URLS, st.sampled_from(WORDS)), max_size=7))
def test_a_call_that_is_read_in_one_look_is_read_as_any_other(words: list[str]) -> None:
    one, other = (Call(tuple((word,) for word in ("curl", *more, *words))) for more in ((), (NOT_SIMPLE,)))
    assert of_calls((one,)) == of_calls((other,))


def test_redirects_are_followed_by_option() -> None:
    url = "https://example.org/a"
    for words in (["-fsSLO", url], [url, "--location"], ["-Lo", "x", url], ["-o", "-", "-L", url]):
        assert list(curl([*words])) == [Found(url)]
    for words in (["-fsSO", url], [url], ["-o", "L", url], ["-oL", url]):
        assert list(curl([*words])) == [Found(url, form=RequestForm(follow=False))]


@pytest.mark.parametrize(
    "words", [["-LLL"], ["-o"], ["-L" * 50], ["-" + "L" * 50], ["-fo", "x"], ["-o", "https:/a"]]
)
def test_long_commands_take_no_long_time(words: list[Word]) -> None:
    start = time.perf_counter()
    for behind in (["{"], ["https://example.org/a", "{"]):
        list(curl([*words * 1_000, *behind]))
    assert time.perf_counter() - start < 2
