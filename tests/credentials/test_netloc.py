"""The host of a URL, as the grammar of RFC 3986 has it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.credentials import netloc_of

_GRAMMAR = re.compile(r"[^:/?#]+://(?:[^/?#]*@)?([^/?#]*)")


@given(st.text("ab:/?#@[]\n") | st.text("ab/?#@", max_size=8).map("https://{}".format))
def test_it_is_what_the_grammar_matches(url: str) -> None:
    match = _GRAMMAR.match(url)
    assert netloc_of(url) == (match[1] if match else "")
