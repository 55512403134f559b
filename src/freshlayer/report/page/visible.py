"""Texts of others made visible: what a browser would not draw, or would draw elsewhere, becomes an escape."""

from __future__ import annotations

from markupsafe import Markup

_LONGEST = 4000
_NAMED = {"\n": "\\n", "\r": "\\r", "\0": "\\0"}
_BYTE, _SHORT = 0x100, 0x10000
_RAW_BYTES = range(0xDC80, 0xDD00)


def visible(value: object) -> object:
    r"""What a template prints: a text of bounded length with ``\u202e`` for such a character.

    Control characters, marks of direction, characters without width, lone surrogates (bytes that are not
    UTF-8) and every blank but space and tab. Numbers and markup of the templates are left as they are.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = str(value)
    cut = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
    return cut if cut.isprintable() else "".join(map(_visible, cut))


def _visible(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    if character in _NAMED:
        return _NAMED[character]
    number = ord(character)
    if number in _RAW_BYTES:
        number -= 0xDC00
    if number < _BYTE:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < _SHORT else f"\\U{number:08x}"
