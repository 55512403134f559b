"""``awk '{print …}'`` on known lines, with ``-F``, for all lines or for those of one condition."""

from __future__ import annotations

import re
from collections.abc import Callable

from freshlayer.lazy_regex import compiled
from freshlayer.shell.patterns import Pattern, regex

_PROGRAM = compiled(
    r"\s*(?:NR\s*==\s*(?P<number>\d{1,6})|/(?P<pattern>(?:\\.|[^/\\])+)/)?\s*"
    r"\{\s*print(?P<expression>(?:\"(?:\\.|[^\"\\])*\"|[^{};\"])*?)\s*(?P<exit>;\s*exit\s*)?;?\s*\}\s*"
)
_TOKEN = compiled(r'\$NF\b|\$\d{1,2}(?!\w)|"(?:\\.|[^"\\])*"|,|\s+|.', re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}

Split = Callable[[str], list[str]]


class _NotComputedError(Exception):
    """More of the language than is understood here."""


def awk(arguments: list[str], lines: list[str]) -> list[str] | None:
    """The lines that it prints; None where that is not computed."""
    try:
        separator, rest = _separator(arguments)
        program = _PROGRAM.fullmatch(rest[0]) if len(rest) == 1 else None
        if program is None:
            return None
        return _printed(program, lines, _split_at(separator))
    except _NotComputedError:
        return None


def _separator(arguments: list[str]) -> tuple[str, list[str]]:
    if arguments[:1] == ["-F"] and len(arguments) > 1:
        return arguments[1], arguments[2:]
    if arguments and arguments[0].startswith("-F"):
        return arguments[0][2:], arguments[1:]
    return " ", arguments


def _split_at(separator: str) -> Split:
    if separator == " ":
        return str.split
    separator = separator.replace("\\\\", "\\")
    if separator in {"t", "\\t"}:
        separator = "\t"
    if len(separator) == 1 and separator != "\\":
        return lambda line: line.split(separator) if line else []
    pattern = regex(separator, extended=True) if separator else None
    if pattern is None or pattern.compiled.search(""):
        raise _NotComputedError
    return lambda line: _split_by(pattern, line)


def _split_by(pattern: Pattern, line: str) -> list[str]:
    if not pattern.fits(line) or pattern.compiled.groups:
        raise _NotComputedError
    return pattern.compiled.split(line) if line else []


def _printed(program: re.Match[str], lines: list[str], split: Split) -> list[str]:
    printed: list[str] = []
    pattern = regex(program["pattern"].replace("\\/", "/"), extended=True) if program["pattern"] else None
    if program["pattern"] and (pattern is None or not all(map(pattern.fits, lines))):
        raise _NotComputedError
    for number, line in enumerate(lines, 1):
        if program["number"] and int(program["number"]) != number:
            continue
        if pattern is not None and not pattern.compiled.search(line):
            continue
        printed.append(_line(program["expression"], line, split(line)))
        if program["exit"]:
            break
    return printed


def _line(expression: str, line: str, fields: list[str]) -> str:
    """Fields and strings, side by side or with commas."""
    if not expression.strip():
        return line
    text = ""
    for token in _TOKEN.findall(expression):
        if token == "$NF":
            text += fields[-1] if fields else line
        elif token.startswith("$") and len(token) > 1:
            number = int(token[1:])
            text += (line if number == 0 else fields[number - 1]) if number <= len(fields) else ""
        elif token.startswith('"') and len(token) > 1:
            text += re.sub(r"\\(.)", lambda match: _escape(match[1]), token[1:-1])
        elif token == ",":
            text += " "
        elif token.strip():
            raise _NotComputedError
    return text


def _escape(character: str) -> str:
    if character not in _ESCAPES:
        raise _NotComputedError
    return _ESCAPES[character]
