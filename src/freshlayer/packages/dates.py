"""Dates in indexes of packages."""

from __future__ import annotations

from contextlib import suppress


def written(seconds: int) -> str:
    """A time as archives have it in URLs: ``20261101T235959Z``. ``seconds``: since 1970."""
    from datetime import UTC, datetime  # noqa: PLC0415 - for packages of a day alone

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def seconds_of(stated: bytes | None) -> int:
    """A date as in mail (RFC 5322), in seconds since 1970; 0 where there is none."""
    with suppress(ValueError, OverflowError):
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - for packages alone

        return int(parsedate_to_datetime((stated or b"").decode("ascii", "replace")).timestamp())
    return 0
