"""``tr`` on known text."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled

_CLASSES = {
    **{"upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "lower": "abcdefghijklmnopqrstuvwxyz", "digit": "0123456789"},
    **{"space": " \t\n\r\v\f", "blank": " \t"},
}
_CLASSES["alpha"] = _CLASSES["upper"] + _CLASSES["lower"]
_CLASSES["alnum"] = _CLASSES["digit"] + _CLASSES["alpha"]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_TOKEN = compiled(r"\[:(\w+):\]|(\[.\*\d*\]|\[=.=\])|(\\[0-7]{1,3}|\\.|.)(?:-(\\.|[^\\]))?", re.DOTALL)
_LONG = {"--delete": "d", "--squeeze-repeats": "s", "--complement": "c"}


def tr(arguments: list[str], text: str) -> str | None:
    """The text with its characters translated, deleted or squeezed; None where that is not computed."""
    letters = ""
    while arguments and re.match(r"-.", arguments[0]):
        if not re.fullmatch(r"-[dscC]+", arguments[0]) and arguments[0] not in _LONG:
            return None
        letters += _LONG.get(arguments[0], arguments[0][1:])
        arguments = arguments[1:]
    sets = [_characters(word) for word in arguments]
    first, *others = [characters for characters in sets if characters is not None] or [""]
    if None in sets or not 1 <= len(sets) <= 2 or not first or (others and not others[0]):
        return None
    outside = "c" in letters.lower()
    if "d" in letters:
        return None if others else "".join(c for c in text if (c in first) is outside)
    if others:
        text = _translated(text, first, others[0], outside=outside)
    elif "s" not in letters:
        return None
    return (
        _squeezed(text, others[0] if others else first, outside=outside and not others)
        if "s" in letters
        else text
    )


def _translated(text: str, first: str, second: str, *, outside: bool) -> str:
    if outside:
        return "".join(c if c in first else second[-1] for c in text)
    padded = second + second[-1] * (len(first) - len(second))
    # Of a character that occurs twice the first place counts.
    table = dict(reversed(list(zip(first, padded, strict=False))))
    return "".join(table.get(c, c) for c in text)


def _squeezed(text: str, characters: str, *, outside: bool) -> str:
    kept: list[str] = []
    for character in text:
        if not kept or kept[-1] != character or (character in characters) is outside:
            kept.append(character)
    return "".join(kept)


def _characters(word: str) -> str | None:
    found = ""
    for match in _TOKEN.finditer(word):
        name, odd, one, last = match.groups()
        first = _character(one) if one else ""
        if odd or (name and name not in _CLASSES) or first is None:
            return None
        end = _character(last) if last else first
        if name:
            found += _CLASSES[name]
        elif end is None or ord(end) < ord(first) or ord(end) - ord(first) > 255:
            return None
        else:
            found += "".join(map(chr, range(ord(first), ord(end) + 1)))
    return found


def _character(written: str) -> str | None:
    if not written.startswith("\\") or written == "\\":
        return written
    return chr(int(written[1:], 8)) if written[1] in "01234567" else _ESCAPES.get(written[1:])
