"""Instructions on one line each: the library looks at every character that starts a line, several times.

It copies what it has joined for each line that it adds, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.plain_instructions import plain_instruction

_MANY = 500
"""Continuation lines, from which on joining them here saves time."""

_NO_BLANKS = "\x1c\x1d\x1e\x1f"
"""What Python takes for a space, and Go, and so the library, does not."""
_ODD = ("\r", "\ufeff", *_NO_BLANKS)


class Unfolded(Struct, frozen=True):
    """``starts``, ``ends``: line of an instruction in this text → its first and last one in the Dockerfile.

    A line that is in neither is the same line of the Dockerfile. ``plain``: instructions that are not in the
    text, with their lines in the Dockerfile, and numbered among themselves. ``all_plain``: nothing is left
    but comments that say nothing to the library.
    """

    text: str
    starts: dict[int, int]
    ends: dict[int, int]
    plain: tuple[Instruction, ...] = ()
    all_plain: bool = False


def unfolded(text: str, escape: str) -> Unfolded:
    """Each instruction on a line, where that is simple; elsewhere those that have very many lines."""
    is_simple = escape == "\\" and not any(map(text.__contains__, _ODD))
    return (_each_on_a_line(text) if is_simple else None) or _without_long(text, escape)


def _each_on_a_line(text: str) -> Unfolded | None:
    """Without comments and empty lines behind the first instruction; directives may be before it.

    None where a line may be other than it looks, as of a here-document that is not plain.
    """
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    out: list[str] = []
    plain: list[Instruction] = []
    pieces: list[str] = []
    start = 0
    lines = enumerate(text.split("\n"), 1)
    for number, written in lines:
        bare = written.lstrip()
        if not bare or bare[0] == "#":
            if not starts and not plain and not pieces:
                out.append(written)
            continue
        line, start = (written, start) if pieces else (bare, number)
        kept = line.rstrip(" \t") if line[-1] in " \t" else line
        if kept[-1] == "\\" and kept[-2:] != "\\\\":
            if kept == "\\" and not pieces:
                return None
            pieces.append(kept[:-1])
            continue
        if pieces:
            line = "".join([*pieces, line])
            pieces = []
        found = plain_instruction(line, len(plain), start, number, lines)
        if found:
            plain.append(found)
        else:
            out.append(line)
            starts[len(out)], ends[len(out)] = start, number
    left = "\n".join(out)
    # At the end of the file the library reads a line that is to be continued in a way of its own.
    if pieces or "<<" in left:
        return None
    return Unfolded(left, starts, ends, tuple(plain), not starts and _are_harmless(out))


def _are_harmless(comments: list[str]) -> bool:
    """Whether the library finds nothing in them to refuse: a directive twice, or another escape character."""
    with_value = [line for line in comments if "=" in line]
    return not with_value or (len(with_value) == 1 and "escape" not in with_value[0].lower())


def _without_long(text: str, escape: str) -> Unfolded:
    """Empty lines before a joined instruction keep the count.

    Where a here-document has so many lines that end in the escape character, they are joined as well, which
    means the same to a shell.
    """
    if text.count(f"{escape}\n") + text.count(f"{escape}\r\n") + text.count(f"{escape} ") < _MANY:
        return Unfolded(text, {}, {})
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
    return Unfolded("\n".join(out), starts, {})


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
