"""Texts in stanzas of ``Field: value`` (deb822): indexes, dpkg's status, sources, preferences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

_PIECE = 1 << 20

_LONGEST = 8 << 20
"""Of one stanza, in characters."""

_BETWEEN = re.compile(r"\n(?:[ \t]*\r?\n)+")

_FIELD = re.compile(r"^([!-9;-~]+):[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)


def stanzas(content: BinaryIO) -> Iterator[str]:
    """The stanzas of a file, read in pieces. Raises ValueError for one that never ends."""
    rest = b""
    while piece := content.read(_PIECE):
        rest += piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece
        head, found, tail = rest.rpartition(b"\n\n")
        if found:
            rest = tail
            yield from _split(head)
        elif len(rest) > _LONGEST:
            raise ValueError("a stanza is too long")
    yield from _split(rest)


def _split(text: bytes) -> Iterator[str]:
    for stanza in text.decode("utf-8", "replace").split("\n\n"):
        if stanza := stanza.strip("\n"):
            yield stanza


def stanzas_of(text: str) -> Iterator[dict[str, str]]:
    """The stanzas of a short text that people write, as field in lower case → value, without comments."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in _BETWEEN.split(lines):
        fields = {name.lower(): value.strip() for name, value in _FIELD.findall(stanza)}
        if fields:
            yield fields


def reader_of(fields: Iterable[str]) -> Callable[[str], list[tuple[str, str]]]:
    """What finds the (name, value) of these fields in a stanza."""
    names = "|".join(map(re.escape, fields))
    # It begins with a character, so that only the lines are looked at, and not every place of a stanza.
    find = re.compile(rf"\n({names}):[ \t]*(.*(?:\n[ \t]+.*)*)").findall
    return lambda stanza: find(f"\n{stanza}")
