"""The patterns of a ``.dockerignore``, as docker's client reads them: up to 20.10, and since 23.

Docker translates each pattern to a regular expression of Go. Up to 20.10 it did not escape ``+ ( ) | { }``
there, and compared a pattern only with the parent directory that is as deep as the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from freshlayer.context.go_expressions import compiled

_SPACE = " \t\n\v\f\r\x85\xa0"
_COMMENT = "#"
_EXCEPTION = "!"
_ESCAPED = frozenset(".+()|{}$")
_ESCAPED_BEFORE_23 = frozenset(".$")
_LONGEST_LINE = 64 * 1024
# Python's expressions backtrack over each wildcard, and a .dockerignore is untrusted.
_MOST_STARS = 3
_MOST_DOUBLE_STARS = 6

Matches = Callable[[str], bool]


class Pattern(Struct, frozen=True):
    """``text`` is normalized; ``exception``: whether it includes again what patterns before it exclude."""

    text: str
    exception: bool
    matches: Matches

    @property
    def depth(self) -> int:
        return self.text.count("/") + 1


class Patterns(Struct, frozen=True):
    """All patterns of one file, in order."""

    every: tuple[Pattern, ...]
    before_23: bool = False

    @classmethod
    def of(cls, text: str, *, before_23: bool = False) -> Patterns:
        """Read an ignore file. Raises ValueError for a pattern that docker would refuse."""
        return cls(tuple(_pattern(line, before_23=before_23) for line in _lines(text)), before_23)

    def but(self, path: str) -> Patterns:
        """With an exception for one path, as docker's client adds them for the files that it needs."""
        return Patterns((*self.every, Pattern(path, exception=True, matches=_exactly(path))), self.before_23)

    def excludes(self, path: str) -> bool:
        """Whether the path is excluded, by itself or with a directory above it."""
        parts = path.split("/")
        parents = ["/".join(parts[: depth + 1]) for depth in range(len(parts) - 1)]
        excluded = False
        for pattern in self.every:
            if pattern.exception == excluded and self._matches(pattern, path, parents):
                excluded = not pattern.exception
        return excluded

    def may_hold_exceptions(self, directory: str) -> bool:
        """Whether docker's client walks a directory that is excluded.

        It compares text: an exception with a wildcard opens no directory below its first wildcard.
        """
        return any(it.exception and f"{it.text}/".startswith(f"{directory}/") for it in self.every)

    def below(self, path: str, above: Sequence[bool]) -> tuple[bool, list[bool]]:
        """Whether a path is excluded, and which patterns match it; ``above``: the same of its directory."""
        if self.before_23:
            return self.excludes(path), []
        excluded = False
        matched = [False] * len(self.every)
        for number, pattern in enumerate(self.every):
            match = bool(above) and above[number]
            if not match and pattern.exception == excluded:
                match = pattern.matches(path)
            matched[number] = match
            if match:
                excluded = not pattern.exception
        return excluded, matched

    def _matches(self, pattern: Pattern, path: str, parents: list[str]) -> bool:
        if self.before_23:
            parents = parents[pattern.depth - 1 : pattern.depth]
        return pattern.matches(path) or any(pattern.matches(parent) for parent in parents)


def _lines(text: str) -> Iterator[str]:
    """The patterns, normalized; comments and blank lines are dropped."""
    for line in text.removeprefix("\ufeff").split("\n"):
        if len(line) > _LONGEST_LINE:
            raise ValueError("a line is too long")
        pattern = "" if line.startswith(_COMMENT) else line.strip(_SPACE)
        if not pattern:
            continue
        exception = pattern.startswith(_EXCEPTION)
        path = pattern[1:].strip(_SPACE) if exception else pattern
        cleaned = _clean(path) if path else ""
        relative = cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned
        yield f"{_EXCEPTION}{relative}" if exception else relative


def _clean(path: str) -> str:
    """Without ``.``, ``..`` and doubled slashes, as far as the text shows it (Go's ``path.Clean``)."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in {"", "."} and not (part == ".." and rooted):
            parts.append(part)
    return ("/" if rooted else "") + "/".join(parts) or "."


def _pattern(normalized: str, *, before_23: bool) -> Pattern:
    """Docker normalizes again, mark included: ``!../x`` stays the same, ``!../../x`` becomes ``x``."""
    line = _clean(normalized)
    exception = line.startswith(_EXCEPTION)
    text = line[1:] if exception else line
    if not text:
        raise ValueError(f"illegal exclusion pattern: {normalized}")
    _check(text)
    _limit(text, others=before_23)
    return Pattern(text, exception, _matcher(text, before_23=before_23))


def _exactly(text: str) -> Matches:
    return lambda path: path == text


def _matcher(text: str, *, before_23: bool) -> Matches:
    """Since 23 plain text, ``text**`` and ``**text`` are compared as text."""
    rest = text[2:]
    if before_23 or not _is_plain(text.removeprefix("**").removesuffix("**")):
        expression = compiled(_expression(text, _ESCAPED_BEFORE_23 if before_23 else _ESCAPED))
        return lambda path: expression.search(path) is not None
    if text.startswith("**"):
        if rest.endswith("**"):
            expression = compiled(_expression(text, _ESCAPED))
            return lambda path: expression.search(path) is not None
        return lambda path: path.endswith(rest) or (rest.startswith("/") and path == rest[1:])
    if text.endswith("**"):
        beginning = text[:-2]
        return lambda path: path.startswith(beginning)
    return _exactly(text)


def _is_plain(text: str) -> bool:
    return not re.search(r"[*?\[\]\\]", text)


def _expression(text: str, escaped: frozenset[str]) -> str:
    """Docker's expression for a pattern, character by character: inside brackets as well."""
    parts = ["^"]
    place = 0
    while place < len(text):
        character = text[place]
        place += 1
        if text.startswith("**", place - 1):
            place += 2 if text.startswith("/", place + 1) else 1
            parts.append(".*" if place >= len(text) else "(.*/)?")
        elif character == "*":
            parts.append("[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "\\":
            parts.append(text[place - 1 : place + 1])
            place += 1
        else:
            parts.append(f"\\{character}" if character in escaped else character)
    return "".join((*parts, "$"))


def _check(text: str) -> None:
    """Raise ValueError for what docker refuses: where Go's ``filepath.Match(pattern, ".")`` returns an error.

    It reads up to the first part that does not match; parts are what is between stars.
    """
    rest = text
    while rest:
        starred = rest.lstrip("*")
        part, rest = _until_star(starred)
        if not part or not _matches_dot(part):
            return


def _until_star(text: str) -> tuple[str, str]:
    """Up to the next star that is not in a class, and what follows."""
    place = 0
    while place < len(text) and text[place] != "*":
        if text[place] == "[":
            place = _after_class(text, place + 1)
        elif text[place] == "\\" and place + 1 >= len(text):
            raise ValueError(f"syntax error in pattern: {text}")
        else:
            place += 2 if text[place] == "\\" else 1
    return text[:place], text[place:]


def _matches_dot(part: str) -> bool:
    try:
        return compiled(f"^{part.replace('?', '[^/]')}$").search(".") is not None
    except ValueError:
        return False


def _limit(text: str, *, others: bool) -> None:
    """Raise ValueError for what would take too long to match. ``others``: count ``+`` and ``{`` as well."""
    repeats = re.compile(r"\*\*|[*+{]" if others else r"\*\*|\*")
    found = [repeats.findall(part) for part in text.split("/")]
    stars = max(len(part) - part.count("**") for part in found)
    if (
        stars > _MOST_STARS
        or text.count("**") > _MOST_DOUBLE_STARS
        or (others and re.search(r"\)[+{]", text))
    ):
        raise ValueError(f"too many wildcards in pattern: {text}")


def _after_class(text: str, place: int) -> int:
    """The index after the bracket that closes a class."""
    place += text.startswith("^", place)
    ranges = 0
    while not (ranges and text.startswith("]", place)):
        place = _after_character(text, place)
        if text.startswith("-", place):
            place = _after_character(text, place + 1)
        ranges += 1
    return place + 1


def _after_character(text: str, place: int) -> int:
    if text[place : place + 1] in {"", "-", "]"}:
        raise ValueError(f"syntax error in pattern: {text}")
    place += 2 if text[place] == "\\" else 1
    if place >= len(text):
        raise ValueError(f"syntax error in pattern: {text}")
    return place
