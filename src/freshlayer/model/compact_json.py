"""JSON in one spelling, by which keys and rows are compared: that of ``json.dumps``. Pure.

That takes five times as long, and loads a parser. It differs only in what is not ASCII, and in DEL.
"""

from __future__ import annotations

import msgspec

_ENCODER = msgspec.json.Encoder()
_ESCAPED = b"\x7f"


def compact(value: object) -> str:
    """Of lists, texts and numbers, without blanks; ASCII alone."""
    return _plain(value).decode("ascii") or _escaped(value, (",", ":"))


def spaced(value: object) -> str:
    """The same with a blank behind each comma and colon."""
    plain = _plain(value)
    return msgspec.json.format(plain, indent=0).decode("ascii") if plain else _escaped(value, (", ", ": "))


def _plain(value: object) -> bytes:
    """Empty where it is not what ``json.dumps`` makes of it."""
    try:
        text = _ENCODER.encode(value)
    except UnicodeEncodeError:
        # A surrogate: a byte that is not of UTF-8.
        return b""
    return text if text.isascii() and _ESCAPED not in text else b""


def _escaped(value: object, separators: tuple[str, str]) -> str:
    import json  # noqa: PLC0415 - few texts are not ASCII

    return json.dumps(value, separators=separators)
