"""Script text → nodes: plain scripts by their separators, everything else by a grammar."""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import Script, Word
from freshlayer.shell.syntax.plain import plain

_CONTINUED = compiled(r"(?<!\\)\\\n")


@lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """Parse a script. Never fails: what is not understood is left out, and ``whole`` is False then."""
    joined = _CONTINUED.sub("", text) if "\\" in text else text
    body = plain(joined)
    if body is not None:
        return Script(body, whole=True, lines=_line_numbers(text))
    from freshlayer.shell.syntax.grammar import statements_of  # noqa: PLC0415 - loads the parser's library

    return Script(*statements_of(joined), _line_numbers(text))


def parse_quoted(text: str) -> Word | None:
    """An expansion as between double quotes; None where it is none."""
    from freshlayer.shell.syntax.grammar import quoted_word  # noqa: PLC0415 - loads the parser's library

    return quoted_word(text)


def _line_numbers(text: str) -> tuple[int, ...]:
    """The first line of each row, where continued lines are joined to one."""
    if "\\\n" not in text:
        return ()
    lines = text.split("\n")
    return (1, *(n + 1 for n in range(1, len(lines)) if not re.search(r"(?<!\\)\\\Z", lines[n - 1])))
