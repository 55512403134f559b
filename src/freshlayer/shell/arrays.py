"""Arrays of bash: from an index or a key to an element."""

from __future__ import annotations

from collections.abc import Iterable

from freshlayer.lazy_regex import compiled
from freshlayer.shell.values import Text, Values, alternatives, number, text_of

Array = dict[str, Values]
"""Index, or key, → element."""

_KEYED = compiled(r"\[([^\]]*)\]=")
_BUCKETS = 1024
_FNV_OFFSET, _FNV_PRIME = 2166136261, 16777619


def with_items(array: Array, items: Iterable[Text], *, associative: bool) -> Array:
    """The array and these items behind its last one; an item may be ``[key]=value``."""
    found = dict(array)
    place = 1 + max((number(key) or 0 for key in found), default=-1)
    waiting: str | None = None
    for item in items:
        keyed = _KEYED.match(item[0]) if item and isinstance(item[0], str) else None
        if keyed:
            key = keyed[1].strip("\"'")
            found[key] = (text_of(str(item[0])[keyed.end() :], *item[1:]),)
            place = place if associative else (number(key) or 0) + 1
        elif associative and waiting is None:
            waiting = "".join(part for part in item if isinstance(part, str))
        else:
            found[str(place) if waiting is None else waiting] = (item,)
            place, waiting = place + 1, None
    return found


def in_order(array: Array, *, associative: bool) -> Array:
    """The elements as bash 5 goes over them: by index, or by the hash of the key."""
    if len(array) <= 1:
        return array
    if not associative:
        return dict(sorted(array.items(), key=lambda item: number(item[0]) or 0))
    # In a bucket the newest is the first.
    newest_first = reversed(array.items())
    return dict(sorted(newest_first, key=lambda item: _bucket(item[0])))


def _bucket(key: str) -> int:
    """The bucket of bash's hash table (lib hashlib.c: FNV-1, of signed characters)."""
    value = _FNV_OFFSET
    for byte in key.encode("utf-8", "surrogateescape"):
        value = (value * _FNV_PRIME) & 0xFFFFFFFF
        value ^= byte if byte < 128 else (byte - 256) & 0xFFFFFFFF
    return value & (_BUCKETS - 1)


def merged_arrays(found: list[Array]) -> Array:
    """One array for all of these, element by element."""
    if len(found) == 1 or all(array == found[0] for array in found):
        return found[0]
    keys = dict.fromkeys(key for array in found for key in array)
    return {key: _merged([array[key] for array in found if key in array]) for key in keys}


def _merged(found: list[Values]) -> Values:
    return found[0] if len(found) == 1 else alternatives(text for values in found for text in values)
