"""When a version was published, where what came later is not to count. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

UNTIL = "@"
"""Behind the kind of an index file: until when its entries count, in milliseconds since 1970."""
_LONGEST = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def until_of(kind: str) -> int:
    """The time in the kind of an index file; 0 without one."""
    time = kind.partition(UNTIL)[2]
    return int(time) if time.isascii() and time.isdecimal() and len(time) <= _LONGEST else 0


def published(text: str) -> int:
    """A time as an index states it (RFC 3339), in milliseconds since 1970. Raises ValueError without one."""
    if not text:
        raise ValueError("the index does not state when its versions were published")
    found = datetime.fromisoformat(text[:_LONGEST])
    return milliseconds(found)


def milliseconds(time: datetime) -> int:
    """Since 1970, rounded down; a time without a zone is in UTC."""
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
