"""HTTP dates in the three forms of RFC 9110 §5.6.7."""

from __future__ import annotations

from functools import lru_cache

_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LENGTHS = [4, 2, 3, 4, 8, 3]
_BEFORE_1970 = 719_468
"""Days from the first of March of the year 0."""


@lru_cache(maxsize=256)
def seconds(text: str) -> int | None:
    """Seconds since 1970, or None where the text is not an HTTP date."""
    words = text.split(" ")
    if [len(word) for word in words] != _LENGTHS or not (text.isascii() and words[0].istitle()):
        return _obsolete(text) if text else None
    name, day, month, year, clock, zone = words
    numbers = [day, year, *clock.split(":")]
    plain = len(numbers) == 5 and all(map(str.isdecimal, numbers)) and clock[2] == clock[5] == ":"
    if not (plain and name[:3].isalpha() and name[3] == "," and zone == "GMT" and month in _MONTHS):
        return _obsolete(text)
    return _moment(_MONTHS.index(month) + 1, *map(int, numbers))


def _moment(month: int, day: int, year: int, hour: int, minute: int, second: int) -> int | None:
    """None where there is no such moment."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 29 if leap and month == 2 else _DAYS[month - 1]
    if not (year and 0 < day <= last and hour < 24 and minute < 60 and second < 60):
        return None
    # The year of this count begins in March, so that a leap day is its last.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1
    return ((days - _BEFORE_1970) * 24 + hour) * 3600 + minute * 60 + second


def _obsolete(text: str) -> int | None:
    from datetime import UTC, datetime  # noqa: PLC0415 - few origins write such a date

    for form in _FORMS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    return None
