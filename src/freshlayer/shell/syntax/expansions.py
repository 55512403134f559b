"""Texts of which words consist → our parts, with escapes removed; without the grammar."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import Literal, Opaque, Parameter, Part

_ESCAPED = compiled(r"\\(\n|.)|[^\\]+|\\", re.DOTALL)
_ESCAPED_IN_QUOTES = compiled(r'\\(\n|["\\$`])')
_POSITIONAL = compiled(r"\$\d.")
_EXPANSION = compiled(
    r"\$\{(?P<prefix>[#!]?)(?P<name>[A-Za-z_]\w*|\d+|[@*#?!-])(?:\[(?P<index>[^\]]*)\])?(?P<rest>.*)\}",
    re.DOTALL,
)
_OPERATOR = compiled(r":[-=?+]|[-=?+]|##?|%%?|//|/[#%]?|\^\^?|,,?|~~?|:|@")


def literals(text: str, *, quoted: bool) -> list[Part]:
    """Text without its backslashes; outside of quotes, what is behind one is quoted by it."""
    if "\\" not in text:
        return [Literal(text, quoted)] if text else []
    if quoted:
        unescaped = _ESCAPED_IN_QUOTES.sub(lambda match: "" if match[1] == "\n" else match[1], text)
        return [Literal(unescaped, quoted=True)] if unescaped else []
    pieces = [(match[0], match[1]) for match in _ESCAPED.finditer(text)]
    return [Literal(one or whole, one is not None) for whole, one in pieces if one != "\n"]


def parameter(text: str, *, quoted: bool) -> list[Part]:
    """``$name`` or ``${…}`` with its operator; what is neither is opaque."""
    if not text.startswith("${"):
        if _POSITIONAL.match(text):
            # The grammar takes all of $1x for a name, the shell the first digit.
            return [Parameter(text[1], text[:2], quoted), Literal(text[2:], quoted)]
        return [Parameter(text[1:], text, quoted)]
    name = text[2:-1]
    if text[-1] == "}" and name.isidentifier() and name.isascii():
        return [Parameter(name, text, quoted)]
    match = _EXPANSION.fullmatch(text)
    return [_computed(match, text, quoted=quoted) if match else Opaque(text, quoted)]


def _computed(match: re.Match[str], text: str, *, quoted: bool) -> Part:
    """An expansion with an operator, an index or both."""
    prefix, name, index, rest = match["prefix"], match["name"], match["index"] or "", match["rest"]
    if prefix and not rest:
        kind = {"#": "length", "!": "named"}[prefix]
        return Parameter(name, text, quoted, kind, "", index)
    operator = _OPERATOR.match(rest)
    if prefix == "#" or (rest and not operator):
        return Opaque(text, quoted)
    if not operator:
        return Parameter(name, text, quoted, "", "", index)
    return Parameter(name, text, quoted, operator[0], rest[operator.end() :], index, indirect=bool(prefix))
