"""``aria2c`` and ``axel``: operands are URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.discover.dot_segments import without_dot_segments
from freshlayer.discover.found import Finding, Missed, Unknown, Words, url
from freshlayer.discover.options import Operand, Option, OptionTable, read

_LETTERS = {
    **{"d": "dir", "o": "out", "i": "input-file", "s": "split", "x": "max-connection-per-server"},
    **{"k": "min-split-size", "j": "max-concurrent-downloads", "U": "user-agent", "l": "log", "n": "num"},
}
TABLE = OptionTable.of(
    "dir out input-file split header user-agent checksum log num-connections output", _LETTERS
)


def aria2c(arguments: Words) -> Iterator[Finding]:
    """Every URL that it reads; magnets and torrents are known by their content."""
    for item in read(arguments, TABLE):
        match item:
            case Option(name="input-file"):
                yield Missed("aria2c --input-file", "its URLs stand in a file")
            case Operand(value=value) if isinstance(value, Unknown) or re.match(r"(?:https?|ftp)://", value):
                yield url(value if isinstance(value, Unknown) else without_dot_segments(value))
