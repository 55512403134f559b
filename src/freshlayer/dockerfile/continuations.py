"""Very long instructions on one line: the library copies what it has joined for each line that it adds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_MANY = 500
"""Continuation lines, from which on joining them here saves time."""


class Unfolded(Struct, frozen=True):
    """The text with as many lines; ``starts``: line of a joined instruction → the line where it starts."""

    text: str
    starts: dict[int, int]


def unfolded(text: str, escape: str) -> Unfolded:
    """Join the instructions that have very many lines.

    Empty lines before a joined one keep the count. Where a here-document has so many lines that end in the
    escape character, they are joined as well, which means the same to a shell.
    """
    if text.count(f"{escape}\n") + text.count(f"{escape}\r\n") + text.count(f"{escape} ") < _MANY:
        return Unfolded(text, {})
    continued = re.compile(rf"(?P<kept>(?:.*[^{re.escape(escape)}])?){re.escape(escape)}[ \t]*\r?")
    starts: dict[int, int] = {}
    out: list[str] = []
    for lines in _runs(text.split("\n"), continued):
        if len(lines) > _MANY:
            starts[len(out) + len(lines)] = len(out) + 1
            out += [""] * (len(lines) - 1)
            out.append(_joined(lines, continued))
        else:
            out += lines
    return Unfolded("\n".join(out), starts)


def _runs(lines: list[str], continued: re.Pattern[str]) -> Iterator[list[str]]:
    """Lines that are continued, with the comments and the empty lines between them; every other by itself."""
    run: list[str] = []
    for line in lines:
        if _is_silent(line):
            if run:
                run.append(line)
            else:
                yield [line]
            continue
        run.append(line)
        if not continued.fullmatch(line):
            yield run
            run = []
    if run:
        yield run


def _is_silent(line: str) -> bool:
    """A comment or an empty line, which between continued lines counts for nothing."""
    start = line.lstrip()
    return not start or start.startswith("#")


def _joined(lines: list[str], continued: re.Pattern[str]) -> str:
    kept = [line for line in lines if not _is_silent(line)]
    found = [continued.fullmatch(line) for line in kept]
    return "".join(match["kept"] if match else line for match, line in zip(found, kept, strict=True))
