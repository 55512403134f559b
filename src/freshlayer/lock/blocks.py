"""Text of a lock file → its blocks, each with its line.

What freshlayer writes is a small part of TOML, one field a line, and is read line by line. Whatever differs
from it is read as TOML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct, field

from freshlayer.lazy_regex import compiled

LARGEST = 64 * 1024 * 1024
"""Bytes of a lock file."""
_LARGEST_TOML = 4 * 1024 * 1024
"""Bytes of one that is not as freshlayer writes it: a parser of TOML builds all of it in memory."""
_MOST_BLOCKS = 1_000_000
_LONGEST = 8192
_MOST_DIGITS = 15

_CONFLICT = compiled(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)
_MARKS = ("<" * 7, "=" * 7, ">" * 7, "|" * 7)
_HEADER = compiled(r"\[\[([a-z][a-z-]*)\]\]")
_KEY = compiled(r"[a-z][a-z0-9-]*")
_HEADER_LINE = compiled(r"\[\[([a-z][a-z-]*)\]\]\n")
_TEXT = r'[^"\\\x00-\x1f\x7f]'
_PLAIN_LINE = compiled(
    rf'(?m)^([a-z][a-z0-9-]*) = (?:"({_TEXT}*)"|\["({_TEXT}+)"\]|(0|[1-9][0-9]{{0,{_MOST_DIGITS - 1}}}))$'
)
_STRING = compiled(r'"(?:[^"\\\x00-\x1f\x7f]|\\["\\bfnrt])*"')
_STRINGS = compiled(rf"\[(?:{_STRING.pattern}(?:, {_STRING.pattern})*)?\]")
_ANY_HEADER = compiled(r"[ \t]*\[\[[ \t]*[\"']?([a-z-]+)[\"']?[ \t]*\]\]")
_TOML_LINE = compiled(r"\(at line (\d+), column \d+\)")


class LockError(Exception):
    """What is wrong with a text, and on which line; 0: it is not of one line."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


class Block(Struct, gc=False):
    """``table``: empty for what is before the first block."""

    table: str
    line: int
    values: dict[str, object] = field(default_factory=dict)


def read_blocks(text: str) -> list[Block]:
    """Raises LockError."""
    text = text.replace("\r\n", "\n")
    conflict = _CONFLICT.search(text) if any(it in text for it in _MARKS) else None
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise LockError("the file has a merge conflict (resolve it, then run freshlayer lock)", line)
    by_line = _by_line(text)
    blocks = _as_toml(text) if by_line is None else by_line
    if len(blocks) > _MOST_BLOCKS:
        raise LockError(f"it has more than {_MOST_BLOCKS} entries")
    # A text of TOML may have several lines.
    if by_line is None or not _is_harmless(text):
        for block in blocks:
            _check(block)
    return blocks


def _is_harmless(text: str) -> bool:
    """Whether no value of a line can be wrong in ``_check``; true of most, and known at once."""
    lines = text.split("\n")
    return "\\" not in text and "".join(lines).isprintable() and max(map(len, lines)) <= _LONGEST


def _by_line(text: str) -> list[Block] | None:
    """None where a line is not as freshlayer writes it. A block ends with an empty line."""
    blocks: list[Block] = [Block("", 1)]
    number = 1
    for part in text.removesuffix("\n").split("\n\n"):
        length = part.count("\n") + 1
        if not (_simple(part, length, number, blocks) or _mixed(part, number, blocks)):
            return None
        number += length + 1
    return blocks


def _simple(part: str, length: int, number: int, blocks: list[Block]) -> bool:
    """Read a header and lines with plain values, as most blocks have; False where there are others."""
    header = _HEADER_LINE.match(part)
    if header is None:
        return False
    found = _PLAIN_LINE.findall(part, header.end())
    values = {
        key: [alone] if alone else int(number) if number else text for key, text, alone, number in found
    }
    if len(values) != length - 1:
        return False
    blocks.append(Block(header[1], number, values))
    return True


def _mixed(part: str, first: int, blocks: list[Block]) -> bool:
    """Read any lines; False where one is not as freshlayer writes it."""
    lines = iter(enumerate(part.split("\n"), first))
    for number, line in lines:
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            header = _HEADER.fullmatch(line)
            if header is None:
                return False
            blocks.append(Block(header[1], number))
            continue
        key, equals, written = line.partition(" = ")
        values = blocks[-1].values
        if not equals or key in values or not _KEY.fullmatch(key):
            return False
        value = _items(lines) if written == "[" else _value(written)
        if value is None:
            return False
        values[key] = value
    return True


def _value(written: str) -> object:
    """None where it is not one that freshlayer writes."""
    if written[:1] == '"':
        inner = written[1:-1]
        if written[-1:] == '"' and len(written) > 1 and inner.isprintable() and _is_plain(inner):
            return inner
        return json.loads(written) if _STRING.fullmatch(written) else None
    if written[:2] == '["' and written[-2:] == '"]' and len(written) > 3:
        alone = written[2:-2]
        if alone.isprintable() and _is_plain(alone):
            return [alone]
    if written == "true":
        return True
    if written.isascii() and written.isdecimal() and len(written) <= _MOST_DIGITS:
        return int(written) if written == "0" or written[0] != "0" else None
    return json.loads(written) if _STRINGS.fullmatch(written) else None


def _is_plain(inner: str) -> bool:
    return '"' not in inner and "\\" not in inner


def _items(lines: Iterator[tuple[int, str]]) -> list[object] | None:
    """A list with an item on each line."""
    found: list[object] = []
    for _, line in lines:
        if line == "]":
            return found
        value = _value(line[2:-1]) if line[:3] == '  "' and line[-1:] == "," else None
        if value is None:
            return None
        found.append(value)
    return None


def _as_toml(text: str) -> list[Block]:
    if len(text) > _LARGEST_TOML:
        raise LockError("it is not as freshlayer writes it, and too large to be read otherwise")
    import tomllib  # noqa: PLC0415 - for a lock file alone, of which most checks have none

    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        what = _TOML_LINE.sub("", str(error)).strip()
        raise LockError(f"not TOML: {what}", int(place[1]) if place else text.count("\n") + 1) from None
    except RecursionError:
        raise LockError("not a lock file: it is nested too deeply") from None
    return list(_of_document(document, text))


def _of_document(document: dict[str, object], text: str) -> Iterator[Block]:
    """The blocks of a document, in its order; each with the line of its header."""
    headers: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if found := _ANY_HEADER.match(line):
            headers.setdefault(found[1], []).append(number)
    head = {key: value for key, value in document.items() if not _is_list_of_tables(value)}
    yield Block("", 1, head)
    for name, listed in document.items():
        if name in head or not isinstance(listed, list):
            continue
        lines = headers.get(name, [])
        for place, values in enumerate(listed):
            yield Block(name, lines[place] if place < len(lines) else 1, values)


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _check(block: Block) -> None:
    """No text of a lock file may reach a terminal or a message as anything but text."""
    for key, value in block.values.items():
        for item in value if isinstance(value, list) else (value,):
            if not isinstance(item, str):
                continue
            if len(item) > _LONGEST:
                raise LockError(
                    f"[[{block.table}]]: {key!r} is longer than {_LONGEST} characters", block.line
                )
            if not item.isprintable():
                raise LockError(f"[[{block.table}]]: {key!r} has a control character", block.line)
