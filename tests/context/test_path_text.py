"""Paths that are not UTF-8, as text that is."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.files.path_text import path_of, text_of


@given(st.binary().map(lambda it: os.fsdecode(it.replace(b"\0", b""))))
def test_every_path_comes_back_from_its_text(path: str) -> None:
    text_of(path).encode()
    assert path_of(text_of(path)) == path


def test_a_path_in_utf8_is_its_own_text() -> None:
    assert text_of("/srv/ä %ff\\xff") == "/srv/ä %ff\\xff"
