"""The order of Debian versions (Debian Policy, 5.6.12)."""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")

_ORDER = {code: code + 256 for code in range(128) if not chr(code).isalnum()} | {ord("~"): 0}
"""In a part without digits: ``~``, the end, letters, then every other character."""

_END = "\x01"

_MOST_DIGITS = 1000
"""Of a number: more than Python converts would be an error."""

Key = tuple[int, tuple[str | int, ...], tuple[str | int, ...]]


@lru_cache(maxsize=1 << 16)
def version_key(version: str) -> Key:
    """What a version is sorted by; equal for versions that are equal."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch[:_MOST_DIGITS]), _part_key(upstream), _part_key(revision)


def _part_key(part: str) -> tuple[str | int, ...]:
    pairs = [
        (text.translate(_ORDER) + _END, int(digits[:_MOST_DIGITS] or 0))
        for text, digits in _PARTS.findall(part)
    ]
    while pairs and pairs[-1] == (_END, 0):
        pairs.pop()
    return tuple(value for pair in (*pairs, (_END, 0)) for value in pair)


def satisfies(version: str, operator: str, wanted: str) -> bool:
    """Whether a version fulfils a relation; every version fulfils the empty one."""
    if not operator:
        return True
    if version == wanted:
        return operator in {"=", ">=", "<="}
    key, other = version_key(version), version_key(wanted)
    match operator:
        case ">=":
            return key >= other
        case "=":
            return key == other
        case "<<":
            return key < other
        case "<=":
            return key <= other
        case "!=":
            return key != other
        case _:
            return key > other
