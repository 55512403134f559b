"""Paths as the text that a state file holds: SQLite's text and JSON are UTF-8, and a path may not be.

Python reads a byte that is not UTF-8 as a surrogate (docs.python.org/3/library/os.html#os.fsdecode). It is
written as NUL and two hexadecimal digits: no path has a NUL. Every other path is its own text.
"""

from __future__ import annotations

from freshlayer.lazy_regex import compiled

_FIRST, _LAST = 0xDC80, 0xDCFF
_SURROGATE = compiled(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_WRITTEN = compiled("\0([89a-f][0-9a-f])")


def text_of(path: str) -> str:
    """UTF-8 can encode it."""
    if path.isascii():
        return path
    return _SURROGATE.sub(lambda it: f"\0{ord(it[0]) & 0xFF:02x}", path)


def path_of(text: str) -> str:
    """The path of such a text."""
    return _WRITTEN.sub(lambda it: chr(0xDC00 | int(it[1], 16)), text)
