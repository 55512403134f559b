"""A duration as users write it: a number with a unit."""

from __future__ import annotations

from freshlayer.lazy_regex import compiled

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Unit, as in ``ttl=1d``, to seconds."""

_DURATION = compiled(r"\s*(\d{1,6})\s*(s|m|h|d|w)\s*")


def seconds_of(text: str) -> int | None:
    """``15m`` → 900; None where it is not a number with a unit."""
    match = _DURATION.fullmatch(text)
    return int(match[1]) * SECONDS[match[2]] if match else None
