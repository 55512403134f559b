"""Units of a duration as users write it."""

from __future__ import annotations

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
"""Unit, as in ``ttl=1d``, to seconds."""
