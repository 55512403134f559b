"""Instructions on one line each: the library looks at every character that starts a line, several times.

It copies what it has joined for each line that it adds, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.plain_instructions import Lines, plain_instruction

_MANY = 500
"""Continuation lines, from which on joining them here saves time."""

_NO_BLANKS = "\x1c\x1d\x1e\x1f"
"""What Python takes for a space, and Go, and so the library, does not."""
_ODD = ("\r", "\ufeff", *_NO_BLANKS)
_JOINT = "\0"
"""In place of the end of a line that is continued."""
_ODD_ENDS = "\\ \t"
_NO_LINES: Lines = iter(())


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
    # A here-document may hold any lines.
    if _JOINT in text or ("<" in text and "<<" in text):
        return _line_by_line(text)
    return _at_once(text) or _line_by_line(text)


def _at_once(text: str) -> Unfolded | None:
    """Lines that are continued are joined in all of the text. None where it is not as simple as it seems."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    out: list[str] = []
    plain: list[Instruction] = []
    for start, end, line in _joined_lines(text.replace("\\\n", _JOINT).split("\n")):
        if not start:
            out.append(line)
            continue
        if line[-1] in _ODD_ENDS and line.rstrip(" \t")[-1:] == "\\":
            return None
        # The mark of a here-document may be on two lines.
        if start != end and "<<" in line:
            return None
        found = plain_instruction(line, len(plain), start, end, _NO_LINES)
        if found:
            plain.append(found)
        else:
            out.append(line)
            starts[len(out)], ends[len(out)] = start, end
    return Unfolded("\n".join(out), starts, ends, tuple(plain), not starts and _are_harmless(out))


def _joined_lines(lines: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """First line, last line and text of each instruction; what is before all of them has the lines zero.

    ``lines``: with joints. An instruction that ends in an escape character is not simple.
    """
    pieces: list[str] = []
    start = number = 0
    for written in lines:
        number += 1
        line = written.lstrip()
        if not line or line[0] == "#":
            if _JOINT in line:
                # No comment is continued.
                yield number, number, "\\"
            elif not start:
                yield 0, 0, written
            continue
        if pieces:
            line = written
        else:
            start = number
        if _JOINT in line:
            number += line.count(_JOINT)
            line = _without_joints(line, pieces)
            if not line:
                continue
        if pieces:
            line = "".join([*pieces, line])
            pieces = []
        yield start, number, line
    if pieces:
        yield start, number, "\\"


def _without_joints(line: str, pieces: list[str]) -> str:
    """The line; empty where it goes on behind a comment, and then what was found is added to ``pieces``.

    Only an escape character where it is not simple.
    """
    if (line[0] == _JOINT and not pieces) or ("\\" in line and f"\\{_JOINT}" in line):
        return "\\"
    if "#" not in line and line[-1] != _JOINT and not line[-1].isspace():
        return line.replace(_JOINT, "")
    *others, line = line.split(_JOINT)
    pieces += [it for it in others if "#" not in it or not _is_silent(it)]
    return "" if _is_silent(line) else line


def _line_by_line(text: str) -> Unfolded | None:
    """The same of any text."""
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
    with_value = "\n".join([line for line in comments if "=" in line]).lower()
    return "escape" not in with_value and with_value.count("syntax") < 2 and with_value.count("check") < 2


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
