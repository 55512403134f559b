"""curl's own expansion of URLs: ``{a,b}``, ``[1-9]``, ``[001-100:10]``, ``[a-z]`` (curl(1), "Globbing")."""

from __future__ import annotations

import re
from itertools import product

from freshlayer.lazy_regex import compiled

_MOST = 2000
_SPECIAL = compiled(r"[{}\[\]]")
_PIECE = compiled(r"\{([^{}]*)\}|\[([^\[\]]*)\]|([^{}\[\]]+)")
_NUMBERS = compiled(r"(\d{1,9})-(\d{1,9})(?::(\d{1,9}))?")
_LETTERS = compiled(r"([a-z])-([a-z])(?::(\d{1,9}))?|([A-Z])-([A-Z])(?::(\d{1,9}))?")
_ADDRESS = compiled(r"\w+://(?:[^/@]*@)?\[[0-9a-fA-F:.]+\]")


def globbed(url: str) -> list[str] | None:
    """The URLs that curl reads; None where there are too many, or where curl would complain."""
    if "[" not in url and "{" not in url and "]" not in url and "}" not in url:
        return [url]
    address = _ADDRESS.match(url)
    start = address.end() if address else 0
    if not _SPECIAL.search(url, start):
        return [url]
    pieces: list[list[str]] = [[url[:start]]]
    while start < len(url):
        match = _PIECE.match(url, start)
        choices = _choices(match) if match else []
        if not match or not choices:
            return None
        pieces.append(choices)
        start = match.end()
    count = 1
    for choices in pieces:
        count *= len(choices)
    return ["".join(chosen) for chosen in product(*pieces)] if count <= _MOST else None


def _choices(match: re.Match[str]) -> list[str]:
    names, span, text = match.groups()
    if text is not None:
        return [text]
    return names.split(",") if names is not None else _range(span)


def _range(span: str) -> list[str]:
    numbers = _NUMBERS.fullmatch(span)
    if numbers:
        first, last, step = int(numbers[1]), int(numbers[2]), int(numbers[3] or 1)
        width = len(numbers[1]) if numbers[1].startswith("0") else 0
        chosen = range(first, last + 1, step or 1)
        return [f"{number:0{width}d}" for number in chosen[: _MOST + 1]]
    letters = _LETTERS.fullmatch(span)
    if not letters:
        return []
    first, last = ord(letters[1] or letters[4]), ord(letters[2] or letters[5])
    return [chr(number) for number in range(first, last + 1, int(letters[3] or letters[6] or 1) or 1)]
