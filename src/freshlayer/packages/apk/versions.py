"""Versions as apk orders them, and what a version in a dependency accepts. Pure.

A version is ``1.2.3`` with a letter, suffixes (``_alpha``, ``_p1``), a commit (``~abc``) and a revision
(``-r4``). Its key is a tuple, so that versions are compared, and prefixes matched, as tuples are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.lazy_regex import compiled

_LONGEST = 256
_BEFORE = ("alpha", "beta", "pre", "rc")
_AFTER = ("cvs", "svn", "git", "hg", "p")

_FIRST = compiled(r"\d+")
_TOKEN = compiled(
    r"\.(?P<number>\d+)|(?P<letter>[a-z])|_(?P<suffix>[a-z]+)(?P<count>\d*)"
    r"|~(?P<commit>[0-9a-f]+)|-r(?P<revision>\d+)",
    re.ASCII,
)
# The places of a version, in the order in which they may follow each other; a number may follow a number.
_PLACES = {"number": 0, "letter": 1, "suffix": 2, "commit": 4, "revision": 5}

# The kind of a part decides before its value does: a pre-release is before the end, all else behind it.
_PRE_RELEASE, _INVALID, _END, _REVISION, _COMMIT, _COUNT, _SUFFIX, _LETTER, _NUMBER = range(9)
_RANKS = {"number": _NUMBER, "letter": _LETTER, "commit": _COMMIT, "revision": _REVISION}

Key = tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=1 << 14)
def key(version: str) -> Key:
    """By what versions are ordered. The last part is the end, or marks what is not a version."""
    parts: list[tuple[int, int, str]] = []
    place, at = 0, 0
    if len(version) <= _LONGEST and (first := _FIRST.match(version)):
        parts.append((_NUMBER, int(first[0]), ""))
        at = first.end()
    while parts and (token := _TOKEN.match(version, at)):
        kind = token.lastgroup or ""
        kind = "suffix" if kind == "count" else kind
        if not _may_follow(kind, place) or (new := _parts(kind, token)) is None:
            break
        parts += new
        place, at = _PLACES[kind], token.end()
    return (*parts, (_END if parts and at == len(version) else _INVALID, 0, ""))


def _may_follow(kind: str, place: int) -> bool:
    return _PLACES[kind] > place or (kind in {"number", "suffix"} and _PLACES[kind] == place)


def _parts(kind: str, token: re.Match[str]) -> list[tuple[int, int, str]] | None:
    text = token[kind]
    if kind == "suffix":
        return _suffix(text, token["count"])
    if kind == "number" and text.startswith("0"):
        # A part with a leading zero is compared as text, and is before every other.
        return [(_NUMBER, -1, text)]
    if kind in {"number", "revision"}:
        return [(_RANKS[kind], int(text), "")]
    return [(_RANKS[kind], 0, text)]


def _suffix(name: str, count: str) -> list[tuple[int, int, str]] | None:
    if name in _BEFORE:
        part = (_PRE_RELEASE, _BEFORE.index(name), "")
    elif name in _AFTER:
        part = (_SUFFIX, _AFTER.index(name), "")
    else:
        return None
    return [part, (_COUNT, int(count), "")] if count else [part]


def is_valid(version: str) -> bool:
    """Whether it is written as a version is."""
    return key(version)[-1][0] == _END


def compare(one: str, other: str) -> int:
    """Negative, zero or positive, as ``one`` is older than, equal to or newer than ``other``."""
    left, right = key(one), key(other)
    return (left > right) - (left < right)


def accepts(operator: str, wanted: str, version: str) -> bool:
    """Whether ``version`` meets ``operator`` and ``wanted`` (``>=``, ``1.2``; ``~``: a prefix)."""
    prefix = key(wanted)[:-1]
    if "~" in operator and is_valid(wanted) and key(version)[: len(prefix)] == prefix:
        return True
    order = compare(version, wanted)
    if order == 0:
        return "=" in operator or "~" in operator
    return ("<" if order < 0 else ">") in operator
