"""Dockerfile text + keys → derived Dockerfile text. Pure.

A derived Dockerfile is the original with insertions and nothing else: taking them out gives it back,
byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from freshlayer.dockerfile import knows_run_mount
from freshlayer.errors import DockerfileError

MOUNT_ID = "fl-"
ARGUMENT = "FRESHLAYER"


class Mechanism(StrEnum):
    """How a key reaches the builder's cache.

    MOUNT is ``RUN --mount=type=secret`` with a secret that is never supplied: it is part of BuildKit's cache
    key and leaves no trace in the image. ARG is a line of its own above the RUN, for builders and frontends
    that know no ``--mount``; it shows in the image's history.
    """

    MOUNT = "mount"
    ARG = "arg"


def mechanism_under(syntax_image: str) -> Mechanism:
    """BuildKit's, under the frontend that ``# syntax=`` names: the mount, where that is known."""
    return Mechanism.MOUNT if knows_run_mount(syntax_image) else Mechanism.ARG


class Insertion(Struct, frozen=True):
    """``text`` is at ``offset`` (in characters) of the derived text."""

    offset: int
    text: str


class Derived(Struct, frozen=True):
    """A derived Dockerfile, and what was put into it, in order."""

    text: str
    insertions: tuple[Insertion, ...]

    def original(self) -> str:
        """The text with the insertions taken out again."""
        text = self.text
        for insertion in reversed(self.insertions):
            text = text[: insertion.offset] + text[insertion.offset + len(insertion.text) :]
        return text


def inject(text: str, keys: Mapping[int, str], mechanism: Mechanism) -> Derived:
    """Put each key into the RUN that starts on its line (from 1).

    Raises DockerfileError where no RUN starts there.
    """
    lines = text.split("\n")
    pieces: list[str] = []
    insertions: list[Insertion] = []
    length = 0
    for number, line in enumerate(lines, 1):
        if number in keys:
            at, inserted = _insertion(line, number, keys[number], mechanism)
            insertions.append(Insertion(length + at, inserted))
            pieces.append(line[:at] + inserted + line[at:])
        else:
            pieces.append(line)
        length += len(pieces[-1]) + 1
    beyond = [number for number in keys if not 0 < number <= len(lines)]
    if beyond:
        raise DockerfileError("no RUN starts here", beyond[0])
    return Derived("\n".join(pieces), tuple(insertions))


def _insertion(line: str, number: int, key: str, mechanism: Mechanism) -> tuple[int, str]:
    """Where in the line, and what. A mount goes right behind the word RUN, before any flag it has."""
    match = re.match(r"\ufeff?\s*RUN(?=\s|\\|`|$)", line, re.IGNORECASE)
    if not match:
        raise DockerfileError("no RUN starts here", number)
    if mechanism is Mechanism.ARG:
        return 0, f"ARG {ARGUMENT}={key}\n"
    return match.end(), f" --mount=type=secret,id={MOUNT_ID}{key}"
