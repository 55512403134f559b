"""What is behind the operator of ``${name…}``, as a word.

Quotes count there as they do outside (POSIX 2.6.2). Only a default inside double quotes differs: single
quotes are text there, and nothing is split.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import Literal, Opaque, Part, Word
from freshlayer.shell.syntax.parse import parse_quoted

_SIMPLE = compiled(r"[^$`\\\"']*")
_TOKEN = compiled(r"\\.|'[^']*'|\"|\$\{|\$\(|`|\$\w+|\$[@*#?!$-]|[^\\'\"$`]+|.", re.DOTALL)
_CLOSING = {"${": ("{", "}"), "$(": ("(", ")")}


def operand(text: str, *, quoted: bool = False) -> Word:
    """The word. ``quoted``: it is in double quotes, where a single quote is text."""
    if _SIMPLE.fullmatch(text):
        return (Literal(text, quoted),) if text else ()
    parts: list[Part] = []
    inside = False
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        token = match[0] if match else text[at]
        if token in {"${", "$(", "`"}:
            token = _unit(text, at, token)
        at += len(token)
        if token == '"':
            inside = not inside
        else:
            parts += _read(token, quoted=quoted or inside, single=not quoted and not inside)
    return tuple(parts)


def halves(text: str, operator: str) -> tuple[str, str]:
    """``pattern/replacement``: at the first slash that nothing quotes, but not at once behind ``//``."""
    at = int(operator == "//" and text.startswith("/"))
    inside = False
    while at < len(text):
        match = _TOKEN.match(text, at)
        token = match[0] if match else text[at]
        if token in {"${", "$(", "`"}:
            token = _unit(text, at, token)
        elif token == '"':
            inside = not inside
        elif "/" in token and token[0] not in "\\'" and not inside:
            at += token.index("/")
            return text[:at], text[at + 1 :]
        at += len(token)
    return text, ""


def colon_halves(text: str) -> tuple[str, str | None]:
    """``offset:length``: at the first colon outside parentheses that is not one of ``? :``."""
    depth = choices = at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        token = match[0] if match else text[at]
        if token in {"${", "$(", "`"}:
            at += len(_unit(text, at, token))
            continue
        for place, character in enumerate(token if token[0] not in "\\'" else "", at):
            depth += (character == "(") - (character == ")")
            choices += character == "?"
            if character == ":" and depth == 0 and choices == 0:
                return text[:place], text[place + 1 :]
            choices -= character == ":" and depth == 0
        at += len(token)
    return text, None


def _unit(text: str, start: int, opening: str) -> str:
    """An expansion up to its end."""
    if opening == "`":
        end = text.find("`", start + 1)
        return text[start : end + 1] if end > 0 else text[start:]
    up, down = _CLOSING[opening]
    depth = 0
    for at in range(start + 1, len(text)):
        depth += (text[at] == up) - (text[at] == down)
        if depth == 0:
            return text[start : at + 1]
    return text[start:]


def _read(token: str, *, quoted: bool, single: bool) -> Word:
    """One token. ``single``: single quotes count."""
    if token.startswith("'") and single:
        return (Literal(token[1:-1], quoted=True),)
    if token.startswith("\\") and len(token) == 2:
        escapes = not quoted or token[1] in '"\\$`'
        return (Literal(token[1] if escapes else token, quoted=True),)
    if token[0] not in "$`":
        return (Literal(token, quoted),)
    parts = parse_quoted(token)
    if parts is None:
        return (Opaque(token, quoted),)
    return parts if quoted else tuple(replace(part, quoted=False) for part in parts)
