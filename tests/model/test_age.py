"""The age of an image, in words."""

from __future__ import annotations

import pytest

from freshlayer.model.age import age, stated_day

NOW = 1_790_000_000
"""2026-09-21."""


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2026-09-21", "today"),
        ("2026-09-20", "1 day ago"),
        ("2026-09-19", "2 days ago"),
        ("2026-09-01", "20 days ago"),
        ("2026-08-31", "3 weeks ago"),
        ("2026-07-22", "2 months ago"),
        ("2024-09-20", "2 years ago"),
        ("2026-09-22", ""),
        ("1970-01-01", ""),
        ("", ""),
    ],
)
def test_an_age(day: str, wanted: str) -> None:
    assert age(day, NOW) == wanted


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ("2026-07-20T08:00:00Z", "2026-07-20"),
        ("2026-07-20T08:00:00.123456789+02:00", "2026-07-20"),
        ("2026-13-20T08:00:00Z", ""),
        ("0000-00-00T00:00:00Z", ""),
        ("0001-01-01T00:00:00Z", ""),
        ("yesterday", ""),
        (7, ""),
        (None, ""),
    ],
)
def test_a_date_of_an_image(stated: object, wanted: str) -> None:
    assert stated_day(stated) == wanted
