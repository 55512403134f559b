"""Globs and regular expressions that a Dockerfile or a file of apt writes, with a bound on what they cost."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

_LONGEST = 200
_MOST_REPEATED = 3

_REPEATED = re.compile(r"(?<!\\)[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")


def expression(pattern: str) -> re.Pattern[str] | None:
    """A regular expression; None for one that is not valid, or that could take very long."""
    if len(pattern) > _LONGEST or len(_REPEATED.findall(pattern)) > _MOST_REPEATED:
        return None
    if _REPEATED_GROUP.search(pattern):
        return None
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError):
        return None


@lru_cache(maxsize=1 << 12)
def _test(written: str) -> Callable[[str], object]:
    if len(written) > 1 and written[0] == written[-1] == "/":
        found = expression(written[1:-1])
        return found.search if found is not None else _never
    return re.compile(fnmatch.translate(written), re.IGNORECASE).match


def _never(_: str) -> None:
    return None


def matches(written: str, text: str) -> bool:
    """Whether a text fits a glob, or a regular expression between slashes."""
    return bool(_test(written)(text))
