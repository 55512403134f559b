"""The part of YAML that simple files have: block mappings and sequences, scalars, short flows.

No anchors, tags, aliases or directives: what has them is refused, and nothing grows beyond its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from freshlayer.lazy_regex import compiled

Node = dict[str, "Node"] | list["Node"] | str

_DEEPEST = 24
_LONGEST_LINE = 1 << 16
_MOST_FLOW_LINES = 1000
_KEY = compiled(
    r"""(?:"(?P<double>[^"\\]*)"\s*|'(?P<single>[^']*)'\s*|(?P<plain>(?:[^\s#&*!|>%@`"'\[\]{},?-]|-[^\s#])[^#:]*(?::(?=\S)[^#:]*)*)):(?:\s+|$)"""
)
_MARKS = compiled(r"""[\[\]{}]|(?:(?<=[\[{,:\s])|^)(?:"[^"]*(?:"|$)|'[^']*(?:'|$))""")
"""In a flow: what opens and closes it, and texts in quotes."""
_BLOCK = compiled(r"[|>][-+0-9]*\s*(?:#.*)?\Z")


def documents(text: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each document of a stream."""
    lines: list[str] = []
    for line in text:
        if len(line) > _LONGEST_LINE:
            raise ValueError("a line is too long")
        bare = line.rstrip("\r\n")
        if bare in {"---", "..."} or bare.startswith("--- "):
            if lines:
                yield lines
            lines = []
        elif bare.strip() and not bare.lstrip().startswith("#"):
            lines.append(bare)
    if lines:
        yield lines


def node(lines: list[str]) -> Node:
    """The value of a document. Raises ValueError for what is not in this part of YAML."""
    reader = _Reader(lines)
    found = reader.block(reader.indent(), 0)
    if reader.place < len(lines):
        raise ValueError(f"not read: {lines[reader.place][:80]!r}")
    return found


class _Reader:
    """A place in the lines of a document."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.place = 0

    def indent(self) -> int:
        """Of the current line; -1 at the end."""
        if self.place >= len(self.lines):
            return -1
        line = self.lines[self.place]
        return len(line) - len(line.lstrip(" "))

    def block(self, indent: int, depth: int) -> Node:
        """A mapping, a sequence or a scalar that begins on the current line."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        text = self.lines[self.place][indent:]
        if text == "-" or text.startswith("- "):
            return self._sequence(indent, depth)
        if _KEY.match(text):
            return self._mapping(indent, depth)
        self.place += 1
        return self._scalar(text, indent - 1)

    def _sequence(self, indent: int, depth: int) -> list[Node]:
        found: list[Node] = []
        while self.indent() == indent:
            text = self.lines[self.place][indent:]
            if text != "-" and not text.startswith("- "):
                break
            rest = text[1:].lstrip()
            if not rest:
                self.place += 1
                found.append(self._nested(indent, depth))
                continue
            inner = indent + len(text) - len(rest)
            if rest.startswith("- ") or rest == "-" or _KEY.match(rest):
                self.lines[self.place] = " " * inner + rest
                found.append(self.block(inner, depth + 1))
            else:
                self.place += 1
                found.append(self._scalar(rest, indent))
        return found

    def _mapping(self, indent: int, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while self.indent() == indent and (key := _KEY.match(self.lines[self.place], indent)):
            texts = (key["double"], key["single"], (key["plain"] or "").rstrip())
            name = next(text for text in texts if text is not None)
            rest = self.lines[self.place][key.end() :].strip()
            self.place += 1
            if rest and not rest.startswith("#"):
                found[name] = self._scalar(rest, indent)
            elif self.indent() == indent and self.lines[self.place][indent:].startswith("-"):
                found[name] = self._sequence(indent, depth + 1)
            else:
                found[name] = self._nested(indent, depth)
        return found

    def _nested(self, indent: int, depth: int) -> Node:
        inner = self.indent()
        return self.block(inner, depth + 1) if inner > indent else ""

    def _scalar(self, text: str, indent: int) -> Node:
        """A scalar whose first text is on a line that is read; ``indent``: of what it belongs to."""
        if text[0] in "&*!%@`":
            raise ValueError(f"not read: {text[:80]!r}")
        if _BLOCK.match(text):
            return "\n".join(self._deeper(indent))
        if text[0] in "[{":
            return self._flow(text)
        if text[0] in "\"'":
            return self._quoted(text)
        plain = re.split(r"\s#", text, maxsplit=1)[0].rstrip()
        return " ".join([plain, *self._deeper(indent)])

    def _deeper(self, indent: int) -> Iterator[str]:
        """The lines that go on with a scalar."""
        while self.indent() > indent:
            yield self.lines[self.place].strip()
            self.place += 1

    def _quoted(self, text: str) -> str:
        quote = text[0]
        parts = [text[1:]]
        while not _closed(parts[-1], quote):
            if self.place >= len(self.lines):
                raise ValueError("a quoted text is not closed")
            parts.append(self.lines[self.place].strip())
            self.place += 1
        whole = " ".join(parts)
        return whole[: _end(whole, quote)].replace("''", "'") if quote == "'" else whole[: _end(whole, quote)]

    def _flow(self, text: str) -> Node:
        parts, open_ = [text], _Open()
        while not open_.closed_by(parts[-1]):
            if self.place >= len(self.lines) or len(parts) > _MOST_FLOW_LINES:
                raise ValueError("a flow is not closed")
            parts.append(self.lines[self.place].strip())
            self.place += 1
        text = " ".join(parts)
        tokens = re.findall(r"""[\[\]{},]|:(?=\s|$)|"[^"]*"|'[^']*'|(?:[^\s\[\]{},:]|:(?!\s|$))+""", text)
        found, rest = _flow_node(tokens, 0, 0)
        if rest < len(tokens) and not tokens[rest].startswith("#"):
            raise ValueError("text after a flow")
        return found


def _closed(text: str, quote: str) -> bool:
    return _end(text, quote) >= 0


def _end(text: str, quote: str) -> int:
    """Where the closing quote is; -1 if it is missing."""
    place = 0
    while place < len(text):
        if quote == '"' and text[place] == "\\":
            place += 2
            continue
        if text[place] == quote:
            if quote == "'" and text[place + 1 : place + 2] == "'":
                place += 2
                continue
            return place
        place += 1
    return -1


class _Open:
    """What is open in a flow behind the lines that were read, each once."""

    def __init__(self) -> None:
        self._depth = {"[": 0, "{": 0}
        self._quote = ""

    def closed_by(self, line: str) -> bool:
        """Whether nothing is open behind this line."""
        place = 0
        if self._quote:
            place = line.find(self._quote) + 1
            if not place:
                return False
        self._quote = ""
        for match in _MARKS.finditer(line, place):
            text = match[0].lstrip()
            if text[0] in "[{":
                self._depth[text[0]] += 1
            elif text[0] in "]}":
                self._depth["[" if text[0] == "]" else "{"] -= 1
            elif len(text) == 1 or text[-1] != text[0]:
                self._quote = text[0]
        return not self._quote and max(self._depth.values()) <= 0


def _flow_node(tokens: list[str], place: int, depth: int) -> tuple[Node, int]:
    if depth > _DEEPEST or place >= len(tokens):
        raise ValueError("a flow is not read")
    first = tokens[place]
    if first == "[":
        return _flow_sequence(tokens, place + 1, depth)
    if first == "{":
        return _flow_mapping(tokens, place + 1, depth)
    return first.strip("\"'"), place + 1


def _flow_sequence(tokens: list[str], place: int, depth: int) -> tuple[Node, int]:
    found: list[Node] = []
    while place < len(tokens) and tokens[place] != "]":
        if tokens[place] == ",":
            place += 1
            continue
        item, place = _flow_node(tokens, place, depth + 1)
        found.append(item)
    return found, place + 1


def _flow_mapping(tokens: list[str], place: int, depth: int) -> tuple[Node, int]:
    found: dict[str, Node] = {}
    while place < len(tokens) and tokens[place] != "}":
        if tokens[place] == ",":
            place += 1
            continue
        key, place = _flow_node(tokens, place, depth + 1)
        if not isinstance(key, str) or place >= len(tokens) or tokens[place] != ":":
            raise ValueError("a flow is not read")
        found[key], place = _flow_node(tokens, place + 1, depth + 1)
    return found, place + 1
