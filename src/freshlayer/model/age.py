"""The day on which an image was made, as it states that, and how long ago that is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_NO_DAY = "0001-01-01"
_SHAPE = "0000-00-00T"
_LENGTH_OF_TIME = 8
_FEBRUARY = 2
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIRST_YEAR = 2000
"""Images that are built reproducibly state the beginning of 1970 or 1980."""
_WEEKS, _MONTHS, _YEARS = 21, 61, 731


def stated_day(value: object) -> str:
    """``2026-07-20T08:00:00Z`` → ``2026-07-20``; empty for what is not a date in RFC 3339.

    Engines show an image without a date with that of Go's zero time.
    """
    if not isinstance(value, str) or not value.isascii():
        return ""
    time = value[len(_SHAPE) : len(_SHAPE) + _LENGTH_OF_TIME]
    shape = "".join("0" if it.isdigit() else it for it in value[: len(_SHAPE)])
    if shape != _SHAPE or len(time) < _LENGTH_OF_TIME or time.strip("0123456789:"):
        return ""
    day = value[: len(_SHAPE) - 1]
    return day if day != _NO_DAY and _exists(day) else ""


def _exists(day: str) -> bool:
    """As ``datetime`` would have it, which a cached build need not load."""
    year, month, number = (int(part) for part in day.split("-"))
    if not year or not 0 < month <= len(_DAYS):
        return False
    leap = month == _FEBRUARY and not year % 4 and (year % 100 != 0 or not year % 400)
    return 0 < number <= _DAYS[month - 1] + leap


def age(day: str, now: int) -> str:
    """``2 days ago``; empty where the day is not known, or can't be that of a real build."""
    known = _date(day)
    if known is None or known.year < _FIRST_YEAR:
        return ""
    from datetime import UTC, datetime  # noqa: PLC0415 - few reports have an age

    days = (datetime.fromtimestamp(now, UTC).date() - known).days
    if days < 0:
        return ""
    for least, unit, size in ((_YEARS, "year", 365), (_MONTHS, "month", 30), (_WEEKS, "week", 7)):
        if days >= least:
            return _ago(days // size, unit)
    return _ago(days, "day") if days else "today"


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit}{'s' if count > 1 else ''} ago"


def _date(day: str) -> date | None:
    from datetime import date  # noqa: PLC0415 - the same

    try:
        return date.fromisoformat(day)
    except ValueError:
        return None
