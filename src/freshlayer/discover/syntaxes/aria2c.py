"""``aria2c`` and ``axel``: operands are URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.discover.dot_segments import without_dot_segments
from freshlayer.discover.syntaxes.found import Finding, Missed, Unknown, Words, read_once, url
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read
from freshlayer.discover.syntaxes.request_options import RequestOptions
from freshlayer.model.reasons import Reason

_LETTERS = {
    **{"d": "dir", "o": "out", "i": "input-file", "s": "split", "x": "max-connection-per-server"},
    **{
        "k": "min-split-size",
        "j": "max-concurrent-downloads",
        "U": "user-agent",
        "l": "log",
        "n": "num",
        "H": "header",
    },
}
TABLE = OptionTable.of(
    "dir out input-file split header user-agent referer checksum log num-connections output http-user"
    " http-passwd load-cookies all-proxy http-proxy https-proxy no-proxy max-tries timeout",
    _LETTERS,
)


@read_once
def aria2c(arguments: Words) -> Iterator[Finding]:
    """Every URL that it reads; magnets and torrents are known by their content."""
    items = list(read(arguments, TABLE))
    request = RequestOptions("aria2c")
    for item in items:
        request.take(item)
    yield from request.findings(_urls(items))


def _urls(items: list[Option | Operand]) -> Iterator[Finding]:
    for item in items:
        match item:
            case Option(name="input-file"):
                yield Missed("aria2c --input-file", Reason("urls-in-file"))
            case Operand(value=value) if isinstance(value, Unknown) or re.match(r"(?:https?|ftp)://", value):
                yield url(value if isinstance(value, Unknown) else without_dot_segments(value))
