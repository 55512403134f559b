"""The values that words can take: a few alternatives, each of text and of holes with their reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.reasons import Reason

MOST_ALTERNATIVES = 24
LONGEST = 20_000
_HOLE_COUNTS = 1000
BLANKS = " \t\n"


class Why(IntEnum):
    """Why a part of a value is not known before the build; of several, the greatest is reported.

    UNSET: the script has unset the name. It never leaves the evaluator: an expansion makes it empty.
    """

    UNSET = 0
    ARGUMENT = 1
    BASE = 2
    OTHER = 3
    IMAGE = 4
    ANSWER = 5
    SECRET = 6


class Hole(Struct, frozen=True):
    """A part whose value is not known; ``text`` as written, safe to show.

    ``body``: it is the whole answer to that request (a reference). ``file``: it is the path of a file that
    holds that answer.
    """

    why: Why
    reason: Reason
    text: str
    body: str = ""
    file: str = ""


Text = tuple[str | Hole, ...]
"""One value: strings and holes, no two strings side by side, no empty string."""

Values = tuple[Text, ...]
"""Alternatives, without repeats; never none."""

EMPTY: Text = ()
NOTHING: Values = (EMPTY,)
UNSET: Text = (Hole(Why.UNSET, Reason("not-set"), ""),)
"""The value of a name that the script has unset."""
TOO_MANY = Hole(Why.OTHER, Reason("limit-reached", detail="it has too many possible values"), "…")


def text_of(*parts: str | Hole) -> Text:
    """Bring parts into the form of ``Text``."""
    if len(parts) == 1:
        return parts if parts[0] != "" else EMPTY
    if len(parts) == 2 and isinstance(first := parts[0], str) and isinstance(second := parts[1], str):
        return (first + second,) if first or second else EMPTY
    found: list[str | Hole] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] = found[-1] + part
        elif part != "":
            found.append(part)
    return tuple(found)


def number(text: str | None) -> int | None:
    """The value of an unsigned decimal number; None for other text and for more than nine digits."""
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text) else None


def changed(text: Text) -> Text:
    """A text that a program has changed: it is no longer the answer to a request."""
    return tuple(replace(part, body="", file="") if isinstance(part, Hole) else part for part in text)


def body_of(text: Text) -> str:
    """The request whose whole answer a text is, but for line ends; empty for every other text.

    ``curl URL || wget -O- URL`` writes it once or twice.
    """
    others = any(isinstance(part, str) and part.strip() for part in text)
    bodies = {part.body for part in text if isinstance(part, Hole)}
    return bodies.pop() if len(bodies) == 1 and not others else ""


def bodies_of(values: Values) -> tuple[str, ...]:
    """The requests of which each alternative is one's whole answer; none where one is anything else."""
    found = tuple(dict.fromkeys(map(body_of, values)))
    return () if "" in found else found


def file_of(text: Text) -> str:
    """The request whose answer is in the file that a text names; empty for every other text."""
    only = text[0] if len(text) == 1 else ""
    return only.file if isinstance(only, Hole) else ""


def known(text: Text) -> str | None:
    """The string, where nothing is unknown."""
    if len(text) == 1:
        only = text[0]
        return only if type(only) is str else None
    return None if text else ""


def program_name(words: Sequence[Text]) -> str:
    """The first of the words without its directory; empty where it is not known."""
    first = words[0]
    name = first[0] if len(first) == 1 else ""
    if type(name) is not str:
        return ""
    return name.rpartition("/")[2] if "/" in name else name


def alternatives(texts: Iterable[Text]) -> Values:
    """Without repeats, and not too many."""
    found = tuple(dict.fromkeys(texts))
    return found if 0 < len(found) <= MOST_ALTERNATIVES else ((TOO_MANY,),)


def concat(left: Values, right: Values) -> Values:
    """Every left with every right."""
    if left is NOTHING or left == NOTHING:
        return right
    if right is NOTHING or right == NOTHING:
        return left
    if len(left) == 1 and len(right) == 1:
        return (_bounded(text_of(*left[0], *right[0])),)
    if len(left) * len(right) > MOST_ALTERNATIVES:
        return ((TOO_MANY,),)
    return alternatives([_bounded(text_of(*a, *b)) for a in left for b in right])


def _bounded(text: Text) -> Text:
    if len(text) == 1 and type(only := text[0]) is str:
        return text if len(only) <= LONGEST else (TOO_MANY,)
    length = sum([len(part) if isinstance(part, str) else _HOLE_COUNTS for part in text])
    return text if length <= LONGEST else (TOO_MANY,)


def is_unset(text: Text) -> bool:
    """Whether a value is that of a name which, as far as is known, has none."""
    return len(text) == 1 and isinstance(text[0], Hole) and text[0].why <= Why.BASE


def expanded(values: Values) -> Values:
    """The values as an expansion without operator gives them: what is unset is empty."""
    return tuple([EMPTY if text == UNSET else text for text in values]) if UNSET in values else values


def worst(text: Text) -> Hole | None:
    """The hole that is reported, if there is one."""
    found: Hole | None = None
    for part in text:
        if isinstance(part, Hole) and (found is None or part.why > found.why):
            found = part
    return found


def written(text: Text) -> str:
    """A value for a message: holes as they were written."""
    if len(text) == 1:
        only = text[0]
        return only if isinstance(only, str) else only.text
    return "".join([part if isinstance(part, str) else part.text for part in text])


def all_written(texts: Sequence[Text]) -> list[str]:
    """Each as ``written``: most words are one string."""
    found: list[str] = []
    for text in texts:
        if len(text) == 1 and type(only := text[0]) is str:
            found.append(only)
        else:
            found.append(written(text))
    return found


class Field(Struct, frozen=True):
    """A field on its way to be a word. ``kept`` although it may be empty: a quote or a separator made it."""

    text: Text
    kept: bool


def is_one(text: Text, separators: str) -> bool:
    """Whether an unquoted value has nothing at which it is split."""
    if len(text) == 1 and type(only := text[0]) is str and separators == BLANKS:
        return " " not in only and "\n" not in only and "\t" not in only
    characters = frozenset(separators)
    return not [part for part in text if isinstance(part, str) and not characters.isdisjoint(part)]


def split(text: Text, separators: str, *, quoted: bool) -> list[Field]:
    """Fields of an unquoted value (POSIX 2.6.5); a quoted one is a single field.

    The first and the last field are empty where the value begins or ends with a blank.
    """
    if quoted or not separators:
        return [Field(text, quoted)]
    fields: list[tuple[list[str | Hole], bool]] = [([], False)]
    for part in text:
        if isinstance(part, Hole):
            fields[-1][0].append(part)
            continue
        start = 0
        for found in separator(separators).finditer(part):
            fields[-1][0].append(part[start : found.start()])
            fields[-1] = (fields[-1][0], bool(found[0].strip(BLANKS)))
            fields.append(([], False))
            start = found.end()
        fields[-1][0].append(part[start:])
    return [Field(text_of(*parts), kept) for parts, kept in fields]


@lru_cache(maxsize=32)
def separator(separators: str) -> re.Pattern[str]:
    """What ends a field: blanks of IFS run together; another character of it, with the blanks beside it."""
    blanks = "".join(re.escape(c) for c in separators if c in BLANKS)
    others = "".join(re.escape(c) for c in separators if c not in BLANKS)
    around = f"[{blanks}]*" if blanks else ""
    choices = [f"{around}[{others}]{around}"] if others else []
    return re.compile("|".join([*choices, *([f"[{blanks}]+"] if blanks else [])]))


def without_line_ends(text: Text) -> Text:
    """A text as ``$(…)`` takes it: without the newlines at its end."""
    if text and isinstance(text[-1], str):
        last = text[-1].rstrip("\n")
        return (*text[:-1], last) if last else text[:-1]
    return text
