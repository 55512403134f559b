"""Until when a Release file counts: ``Valid-Until``, and settings of that (apt.conf(5), sources.list(5))."""

from __future__ import annotations

from collections.abc import Callable

from freshlayer.packages.apt.configuration import FALSE, TRUE, Configuration
from freshlayer.packages.apt.sources import Source
from freshlayer.packages.dates import seconds_of

_LONGEST = 12


def is_expired(
    source: Source, configuration: Configuration, get: Callable[[str], bytes | None], now: int
) -> bool:
    """Whether apt refuses a Release file now. ``get``: its entries; ``now``: 0 where no clock counts."""
    if now == 0 or not _is_checked(source, configuration):
        return False
    until = _valid_until(source, configuration, get)
    return 0 < until < now


def _is_checked(source: Source, configuration: Configuration) -> bool:
    """Without a check of dates there is none of this one."""
    return all(
        _chosen(source.options.get(name, ""), default=configuration.flag(f"Acquire::{name}", default=True))
        for name in ("check-date", "check-valid-until")
    )


def _chosen(text: str, *, default: bool) -> bool:
    return text.lower() in TRUE if text.lower() in TRUE | FALSE else default


def _valid_until(source: Source, configuration: Configuration, get: Callable[[str], bytes | None]) -> int:
    """The date that the file states, and the limits that are configured; 0 where there is neither."""
    until, made = seconds_of(get("Valid-Until")), seconds_of(get("Date"))
    label = (get("Label") or b"").decode("utf-8", "replace")
    least = _limit(source, configuration, "Min-ValidTime", "valid-until-min", label)
    most = _limit(source, configuration, "Max-ValidTime", "valid-until-max", label)
    if least and until and made:
        until = max(until, made + least)
    if most and made:
        until = min(until or made + most, made + most)
    return until


def _limit(source: Source, configuration: Configuration, name: str, option: str, label: str) -> int:
    whole = configuration.text(f"Acquire::{name}")
    text = source.options.get(option) or configuration.text(f"Acquire::{name}::{label}", whole)
    return int(text[:_LONGEST]) if text.isascii() and text.isdecimal() else 0
