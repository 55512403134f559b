from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.evidence.http_date import seconds


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 00:00:00 GMT", 1709164800),
    ],
)
def test_the_three_forms_of_rfc_9110_are_read(text: str, wanted: int) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "-1",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 25:00:00 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "x" * 10_000,
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert seconds(text) is None


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_date_is_read_as_it_was_written(at: datetime) -> None:
    assert seconds(at.strftime("%a, %d %b %Y %H:%M:%S GMT")) == int(at.timestamp())
