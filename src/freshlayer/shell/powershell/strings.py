"""The inside of a double-quoted string → its parts."""

from __future__ import annotations

import re

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.shell.powershell.spelling import end_of_group

_PART = compiled(
    r"`u\{([0-9A-Fa-f]{1,6})\}|`(.)|\"\"|\$\{([^}\n]+)\}|\$((?:\w+:(?=\w))?\w+|[?^$_])|(\$\()|[^`\"$]+|.",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Piece(Struct, frozen=True):
    """``variable``: a name; ``script``: what is inside ``$(…)``; else ``text`` alone, which is as written."""

    text: str
    variable: str = ""
    script: str | None = None


def pieces(inside: str) -> list[Piece]:
    """The parts in order. Raises TooDeepError."""
    found: list[Piece] = []
    at = 0
    while at < len(inside):
        match = _PART.match(inside, at)
        if match is None:
            break
        at = match.end()
        if match[1]:
            number = int(match[1], 16)
            found.append(Piece(chr(number) if number < 0xD800 or 0xE000 <= number <= 0x10FFFF else "\ufffd"))
        elif match[2]:
            found.append(Piece(_ESCAPES.get(match[2], "" if match[2] == "\n" else match[2])))
        elif match[5]:
            start, at = at - 2, end_of_group(inside, at - 2)
            found.append(Piece(inside[start:at], script=inside[start + 2 : at].removesuffix(")")))
        elif name := match[3] or match[4]:
            found.append(Piece(match[0], variable=name))
        else:
            found.append(Piece('"' if match[0] == '""' else match[0]))
    return found
