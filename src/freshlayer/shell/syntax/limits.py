"""Which scripts are short enough to be parsed."""

from __future__ import annotations

_SMALL = 8 * 1024
_DENSEST = 0.05
_MOST_ARRAYS = 2000


def is_parsed(text: str, longest: int) -> bool:
    """Whether a script of at most ``longest`` characters is parsed within a bounded time.

    tree-sitter-bash takes time quadratic in the length of a pipeline, and in the depth of arrays in arrays:
    32 KiB of either take seconds. No script that is written to be run is that dense in them.
    """
    if len(text) <= _MOST_ARRAYS:
        return len(text) <= longest
    arrays = text.count("=(")
    if len(text) > longest or arrays > _MOST_ARRAYS:
        return False
    costly = text.count("|") - 2 * text.count("||") + arrays
    return len(text) <= _SMALL or costly <= _DENSEST * len(text)
