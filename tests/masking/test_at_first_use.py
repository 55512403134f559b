"""What is loaded at its first use is what it stands for."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib import parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer import lazy_regex
from freshlayer.masking import lazy_urls
from freshlayer.masking.names import _FORMS as FORMS
from freshlayer.masking.names import _IN_FORMS as IN_FORMS
from freshlayer.masking.names import may_have_form, without_known_forms

TEXTS = st.text(st.sampled_from("abZ0%2fé/:@?#[]. "), max_size=30)


@given(st.from_regex(FORMS.pattern))
def test_each_known_form_of_a_token_is_looked_for(text: str) -> None:
    assert may_have_form(text)
    assert without_known_forms(text) == FORMS.sub("…", text)


@pytest.mark.parametrize("mark", IN_FORMS)
def test_each_mark_of_a_form_is_looked_for(mark: str) -> None:
    assert may_have_form(f"/{mark}/with-more_of.A-path")
    assert may_have_form(f"{mark}{'0' * 15}")
    assert may_have_form(f"{'0' * 15}{mark}")


def test_flags_are_those_of_re() -> None:
    assert (lazy_regex.ASCII, lazy_regex.DOTALL, lazy_regex.IGNORECASE) == (
        re.ASCII,
        re.DOTALL,
        re.IGNORECASE,
    )


@given(TEXTS)
def test_functions_are_those_of_urllib(text: str) -> None:
    assert lazy_urls.quote(text) == parse.quote(text)
    assert lazy_urls.quote(text, safe=":@") == parse.quote(text, safe=":@")
    assert lazy_urls.unquote(text) == parse.unquote(text)
    assert lazy_urls.unquote_to_bytes(text) == parse.unquote_to_bytes(text)
    try:
        expected = parse.urlsplit(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            lazy_urls.urlsplit(text)
    else:
        assert lazy_urls.urlsplit(text) == expected


def test_nothing_of_it_is_loaded_with_a_reference() -> None:
    program = (
        "import sys; from freshlayer.lean_libraries import load_lean\n"
        "before = set(sys.modules)\n"
        "for name in ('typing', 'msgspec'): load_lean(name)\n"
        "import freshlayer.reference\n"
        "print({'re', 'urllib.parse'} & set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
