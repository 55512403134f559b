"""The spelling of JSON on which keys depend is that of ``json.dumps``, whatever writes it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.model.compact_json import compact, spaced

TEXTS = st.text(st.characters(categories=("Cc", "Cs", "Lu", "Ll", "Po", "Sm", "So")))


@given(st.lists(st.lists(TEXTS | st.integers(0, 2**40) | st.none())))
def test_it_is_what_json_dumps_writes(value: list[list[str | int | None]]) -> None:
    assert compact(value) == json.dumps(value, separators=(",", ":"))
    assert spaced(value) == json.dumps(value)


def test_what_needs_an_escape() -> None:
    for text in ("\x7f", "\x00", "\b\f\n\r\t", '"\\/', "é", "\N{GRINNING FACE}", "\udcff", "</script>"):
        assert compact([text]) == json.dumps([text], separators=(",", ":"))
        assert spaced([text, [], {}]) == json.dumps([text, [], {}])
