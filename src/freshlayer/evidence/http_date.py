"""HTTP dates in the three forms of RFC 9110 §5.6.7."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from freshlayer.lazy_regex import compiled

_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PREFERRED = compiled(r"[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT")


@lru_cache(maxsize=256)
def seconds(text: str) -> int | None:
    """Seconds since 1970, or None where the text is not an HTTP date."""
    match = _PREFERRED.fullmatch(text)
    try:
        if match and match[2] in _MONTHS:
            day, _, year, hour, minute, second = match.groups()
            month = _MONTHS.index(match[2]) + 1
            at = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            return int(at.timestamp())
    except ValueError:
        return None
    return _obsolete(text)


def _obsolete(text: str) -> int | None:
    for form in _FORMS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    return None
