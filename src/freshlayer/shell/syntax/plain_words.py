"""Words of plain scripts → parts. The patterns say what is plain in a word; the grammar reads all others.

Its words, too, have escapes and expansions, which are read here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.shell.syntax.nodes import Literal, Opaque, Parameter, Part, Substitution, Word

CHARACTERS = r"A-Za-z0-9_./:@%+,=*?~\-"
"""Without quotes: what no shell changes, or what an expansion of file names reads later."""
_NAME = r"[A-Za-z_]\w*+"
_OPERATOR = r"(?:%%?|##?|//?|:?[-+=])[A-Za-z0-9_./:*@\[\]-]*+"
VARIABLE = rf"\$(?:{_NAME}|[\d@#?](?!\w)|\{{{_NAME}(?:{_OPERATOR})?\}})"
SINGLE = r"'[^'\n\0]*+'"
"""The grammar ends a script at a NUL, here and below."""
ESCAPED = r"\\[^\s\0]"
_DOUBLE_INSIDE = rf"\"(?>(?:[^\"$`\\\n\0]++|{VARIABLE}|{ESCAPED})*)\""
INSIDE = rf"(?!\()(?>(?:[^()'\"$`\\\n#\0]++|{VARIABLE}|{SINGLE}|{_DOUBLE_INSIDE}|{ESCAPED})*)"
"""What is in a substitution, with no other one in it."""
SUBSTITUTION = rf"\$\({INSIDE}\)"
DOUBLE = rf"\"(?>(?:[^\"$`\\\n\0]++|{VARIABLE}|{SUBSTITUTION}|{ESCAPED})*)\""

_PIECE = compiled(rf"(?>(?:[^$'\"\\]++|{ESCAPED})+)|{VARIABLE}|{SUBSTITUTION}|{SINGLE}|{DOUBLE}", ASCII)
_QUOTED_PIECE = compiled(rf"(?>(?:[^$\\]++|{ESCAPED})+)|{VARIABLE}|{SUBSTITUTION}", ASCII)
_UNESCAPED = compiled(r"\\(\n|.)|[^\\]+|\\", re.DOTALL)
_ESCAPED_IN_QUOTES = compiled(r'\\(\n|["\\$`])')
_POSITIONAL = compiled(r"\$\d.")
_EXPANSION_PARTS = compiled(
    r"\$\{(?P<prefix>[#!]?)(?P<name>[A-Za-z_]\w*|\d+|[@*#?!-])(?:\[(?P<index>[^\]]*)\])?(?P<rest>.*)\}",
    re.DOTALL,
)
_OF_EXPANSION = compiled(r":[-=?+]|[-=?+]|##?|%%?|//|/[#%]?|\^\^?|,,?|~~?|:|@")
_BEGIN_ONE_PIECE = frozenset("'\"$")
_SPECIAL = frozenset("0123456789@#?")
MOST_PARTS = 1000
"""Of a word; the grammar shows longer ones as they are written."""
_MOST_PIECES = 3
"""Of a word with ``$name``: in longer ones the grammar is given ``${name}``, which messages show."""


@lru_cache(maxsize=256)
def plain_word(written: str) -> Word:
    """Empty where the word is left to the grammar."""
    first = written[:1]
    if first in _BEGIN_ONE_PIECE and (one := _one_piece(first, written)):
        return one
    pieces = _PIECE.findall(written)
    if len(pieces) > 1 and not _are_plain(pieces):
        return ()
    parts: list[Part] = []
    for piece in pieces:
        first = piece[0]
        if first == "'":
            parts.append(Literal(piece[1:-1], quoted=True))
        elif first == "$":
            parts.append(_expansion(piece, quoted=False))
        elif first == '"':
            parts += _quoted(piece[1:-1])
        elif "\\" in piece:
            parts += literals(piece, quoted=False)
        else:
            parts.append(Literal(piece))
    return tuple(parts) if len(parts) <= MOST_PARTS else ()


def _one_piece(first: str, written: str) -> Word:
    """A word that is only text in quotes, or only ``$name``; empty for most other ones."""
    if first == "$":
        return (Parameter(written[1:], written),) if written[1:].isidentifier() else ()
    if written.find(first, 1) != len(written) - 1 or "\\" in written:
        return ()
    if first == "'" or "$" not in written:
        return (Literal(written[1:-1], quoted=True),)
    parts = _quoted(written[1:-1])
    return tuple(parts) if len(parts) <= MOST_PARTS else ()


def _are_plain(pieces: list[str]) -> bool:
    """Whether the grammar reads several pieces of a word as they are written."""
    names = [piece for piece in pieces if piece[0] == "$" and piece[1] not in "{("]
    return not names or (len(pieces) <= _MOST_PIECES and not any(name[1] in _SPECIAL for name in names))


def _quoted(text: str) -> list[Part]:
    """What is between double quotes; nothing is still a part."""
    if "$" not in text:
        return literals(text, quoted=True) or [Literal("", quoted=True)]
    parts: list[Part] = []
    for piece in _QUOTED_PIECE.findall(text):
        if piece[0] == "$":
            parts.append(_expansion(piece, quoted=True))
        elif "\\" in piece:
            parts += literals(piece, quoted=True)
        else:
            parts.append(Literal(piece, quoted=True))
    return parts


def _expansion(text: str, *, quoted: bool) -> Part:
    if text[1] == "(":
        return Substitution(text[2:-1], text, quoted)
    name = text.strip("${}")
    return Parameter(name, text, quoted) if name.isidentifier() else parameter(text, quoted=quoted)[0]


def literals(text: str, *, quoted: bool) -> list[Part]:
    """Text without its backslashes; outside of quotes, what is behind one is quoted by it."""
    if "\\" not in text:
        return [Literal(text, quoted)] if text else []
    if quoted:
        unescaped = _ESCAPED_IN_QUOTES.sub(lambda match: "" if match[1] == "\n" else match[1], text)
        return [Literal(unescaped, quoted=True)] if unescaped else []
    pieces = [(match[0], match[1]) for match in _UNESCAPED.finditer(text)]
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
    match = _EXPANSION_PARTS.fullmatch(text)
    return [_computed(match, text, quoted=quoted) if match else Opaque(text, quoted)]


def _computed(match: re.Match[str], text: str, *, quoted: bool) -> Part:
    """An expansion with an operator, an index or both."""
    prefix, name, index, rest = match["prefix"], match["name"], match["index"] or "", match["rest"]
    if prefix and not rest:
        kind = {"#": "length", "!": "named"}[prefix]
        return Parameter(name, text, quoted, kind, "", index)
    operator = _OF_EXPANSION.match(rest)
    if prefix == "#" or (rest and not operator):
        return Opaque(text, quoted)
    if not operator:
        return Parameter(name, text, quoted, "", "", index)
    return Parameter(name, text, quoted, operator[0], rest[operator.end() :], index, indirect=bool(prefix))
