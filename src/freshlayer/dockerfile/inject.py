"""Dockerfile text + keys and digests of images → derived Dockerfile text. Pure.

A derived Dockerfile is the original with insertions and nothing else: taking them out gives it back,
byte for byte. A digest is put behind the name as it is written, so that variables stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from freshlayer.dockerfile.image_words import places_of
from freshlayer.dockerfile.syntax import directive, knows_run_mount
from freshlayer.errors import DockerfileError
from freshlayer.model.str_enum import StrEnum

MOUNT_ID = "fl-"
PINS_ID = "fl-pins-"
"""With a digest behind it: the secret that holds what a package manager reads; this one is supplied."""
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


class FileMount(Struct, frozen=True):
    """A file that one RUN sees at ``target``. ``id``: of the secret that holds it."""

    id: str
    target: str

    @property
    def flag(self) -> str:
        """Every user may read it, and a build without it fails."""
        return f"--mount=type=secret,id={self.id},target={self.target},mode=0444,required=true"


class NamedImage(Struct, frozen=True):
    """An image by the line (from 1) and the syntax that name it, as it is written, and its digest."""

    line: int
    via: str
    written: str
    digest: str


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


_Inserted = tuple[int, str]
"""How many characters of a line are before it, and what is inserted."""


def inject(
    text: str,
    keys: Mapping[int, str],
    mechanism: Mechanism,
    images: Collection[NamedImage] = (),
    checksums: Mapping[int, str] | None = None,
    files: Mapping[int, Sequence[FileMount]] | None = None,
) -> Derived:
    """Put each key into the RUN that starts on its line (from 1), and each digest behind its image.

    ``checksums``: of the ADDs that start on these lines; ``files``: of the RUNs, for builders with mounts.
    Raises DockerfileError where no RUN, or no ADD, starts there. An image that is not found in the text
    stays.
    """
    lines = text.split("\n")
    inserted: dict[int, list[_Inserted]] = {}
    for number, key in keys.items():
        inserted.setdefault(number, []).append(_of_key(lines, number, key, mechanism))
    for number, checksum in (checksums or {}).items():
        flag = _behind(lines, number, "ADD"), f" --checksum={checksum}"
        inserted.setdefault(number, []).append(flag)
    for number, mounts in (files or {}).items():
        flags = "".join(f" {mount.flag}" for mount in mounts)
        inserted.setdefault(number, []).append((_behind(lines, number, "RUN"), flags))
    for number, digest in _of_images(lines, images, directive(text, "escape") or "\\"):
        inserted.setdefault(number, []).append(digest)
    return _derived(lines, inserted)


def _derived(lines: Sequence[str], inserted: Mapping[int, list[_Inserted]]) -> Derived:
    pieces: list[str] = []
    insertions: list[Insertion] = []
    length = 0
    for number, line in enumerate(lines, 1):
        done = 0
        for column, text in sorted(inserted.get(number, ())):
            pieces += [line[done:column], text]
            length += column - done
            insertions.append(Insertion(length, text))
            length += len(text)
            done = column
        pieces += [line[done:], "\n"]
        length += len(line) - done + 1
    return Derived("".join(pieces[:-1]), tuple(insertions))


def _of_images(
    lines: Sequence[str], images: Iterable[NamedImage], escape: str
) -> Iterable[tuple[int, _Inserted]]:
    for image in dict.fromkeys(images):
        for place in places_of(lines, image.line, image.via, image.written, escape):
            yield place.line, (place.column, f"@{image.digest}")


def _of_key(lines: Sequence[str], number: int, key: str, mechanism: Mechanism) -> _Inserted:
    """A mount goes right behind the word RUN, before any flag it has."""
    behind = _behind(lines, number, "RUN")
    if mechanism is Mechanism.ARG:
        return 0, f"ARG {ARGUMENT}={key}\n"
    return behind, f" --mount=type=secret,id={MOUNT_ID}{key}"


def _behind(lines: Sequence[str], number: int, word: str) -> int:
    """How many characters of a line are before the end of the instruction's word."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    text = line.removeprefix("\ufeff").lstrip()
    after = text[len(word) : len(word) + 1]
    if text[: len(word)].upper() != word or not (after in {"", "\\", "`"} or after.isspace()):
        raise DockerfileError(f"no {word} starts here", number)
    return len(line) - len(text) + len(word)
