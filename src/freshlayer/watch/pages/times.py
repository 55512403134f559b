"""Times for readers, in UTC. Pure: the present is passed in. All times in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LAST = 253_402_300_799


class When(Struct, frozen=True):
    """``iso``: for a machine; ``text``: for a reader, as short as it can be today; ``age``: how long ago."""

    iso: str
    text: str
    age: str


def when(at: int, now: int) -> When:
    """A time as seen from another."""
    then, today = _moment(at), _moment(now)
    clock = f"{then:%H:%M}"
    if then.date() == today.date():
        text = clock
    elif then.year == today.year:
        text = f"{day(at)}, {clock}"
    else:
        text = f"{day(at)} {then.year}, {clock}"
    return When(f"{then:%Y-%m-%dT%H:%M:%SZ}", text, age(now - at))


def day(at: int) -> str:
    """``4 Mar``."""
    then = _moment(at)
    return f"{then.day} {_MONTHS[then.month - 1]}"


def age(seconds: int) -> str:
    """``50 min``, ``7 h 32 min``, ``3 days``."""
    if seconds < _MINUTE:
        return "less than a minute"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
    days = seconds // _DAY
    return "1 day" if days == 1 else f"{days} days"


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0), _LAST), UTC)
