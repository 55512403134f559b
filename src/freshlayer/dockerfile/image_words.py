"""Where in the text of a Dockerfile an image is named, for a digest behind the name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from freshlayer.lazy_regex import IGNORECASE, compiled

_FLAGS = r"(?:[ \t]+--[^\s]*)*"
_FROM = compiled(rf"\ufeff?\s*FROM{_FLAGS}[ \t]+(?P<word>[^\s]+)", IGNORECASE)
_WITH_FLAGS = compiled(rf"\ufeff?\s*(?:COPY|ADD|RUN)(?P<flags>{_FLAGS})", IGNORECASE)
_SYNTAX = "# syntax"


class TextPlace(Struct, frozen=True, order=True):
    """Behind the name: the line, from 1, and how many characters of it are before the place."""

    line: int
    column: int


def places_of(lines: Sequence[str], start: int, via: str, written: str, escape: str) -> Iterator[TextPlace]:
    """Where an instruction or directive that starts on a line (from 1) names an image, as it is written.

    ``via``: as in ``model.inputs.Place``. Nothing where the name is spelled in a way that is not followed.
    """
    import re  # noqa: PLC0415 - most of a cached build of images that are here takes none

    if not 0 < start <= len(lines):
        return
    if via == _SYNTAX:
        match = re.search(rf"(?i)syntax[ \t]*=[ \t]*{re.escape(written)}(?=\s|\Z)", lines[start - 1])
        yield from [TextPlace(start, match.end())] if match else []
        return
    text, origins = _joined(lines, start, escape)
    yield from (origins[end - 1] for end in _ends(text, via, written))


def _ends(text: str, via: str, written: str) -> Iterator[int]:
    """Behind each name, in the joined lines."""
    if via == "FROM":
        match = _FROM.match(text)
        if match and match["word"] == written:
            yield match.end("word")
        return
    import re  # noqa: PLC0415 - the same

    found = _WITH_FLAGS.match(text)
    if found is None:
        return
    name = re.escape(written)
    before = r"--from=[\"']?" if via.endswith("--from") else r"--mount=[^\s]*?(?<=[=,\"'])from="
    wanted = re.compile(rf"(?<=[ \t])(?:{before})(?P<name>{name})(?=[\"',\s]|\Z)")
    for match in wanted.finditer(text, *found.span("flags")):
        yield match.end("name")


def _joined(lines: Sequence[str], start: int, escape: str) -> tuple[str, list[TextPlace]]:
    """An instruction without its line breaks and comments, and behind which place each character is."""
    import re  # noqa: PLC0415 - the same

    continued = re.compile(rf"{re.escape(escape)}[ \t]*\r?\Z")
    pieces: list[str] = []
    origins: list[TextPlace] = []
    for number in range(start, len(lines) + 1):
        line = lines[number - 1]
        if number > start and (not line.strip() or line.lstrip().startswith("#")):
            continue
        match = continued.search(line)
        kept = line[: match.start()] if match else line
        pieces.append(kept)
        origins += [TextPlace(number, column) for column in range(1, len(kept) + 1)]
        if not match:
            break
    return "".join(pieces), origins
