"""``# syntax=``: which frontend reads the file, and whether it knows ``RUN --mount``."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.lazy_regex import compiled

_DIRECTIVE = compiled(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)")
_VERSION = compiled(r"(\d{1,4})(?:\.(\d{1,4}))?")
_LONG_VERSION = compiled(r"(\d+)(?:\.(\d+))?")
_MOVES = compiled(r"labs|master|latest")
_MOVES_OR_EXPERIMENTAL = compiled(r"experimental|labs|master|latest")
_DOCKERFILE = compiled(r"(?:.+/)?docker/dockerfile(?:-upstream)?")
_KNOWN = {"syntax", "escape", "check"}
_RUN_MOUNT_SINCE = (1, 2)
_NEWEST = (9999, 0)


def syntax_image(text: str) -> str:
    """The image that ``# syntax=`` names; empty where there is none."""
    image, *_ = [*directive(text, "syntax").split(), ""]
    return image


def syntax_line(text: str) -> int:
    """The line, from 1, of ``# syntax=``; 0 where there is none."""
    return next((line for line, name, _ in _directives(text) if name == "syntax"), 0)


def directive(text: str, name: str) -> str:
    """The value of a parser directive; empty where there is none."""
    # As most begin: with an instruction.
    if text[:1].isalpha():
        return ""
    return next((value for _, found, value in _directives(text) if found == name), "")


def _directives(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and value of each.

    They are first, one a line; a shebang may precede them (BuildKit ``parser/directives.go``).
    """
    for number, line in enumerate(_first_lines(text.removeprefix("\ufeff")), 1):
        if number == 1 and line.startswith("#!"):
            continue
        stripped = line.strip()
        match = _DIRECTIVE.fullmatch(stripped) if stripped.startswith("#") else None
        if not match or match[1].lower() not in _KNOWN:
            return
        yield number, match[1].lower(), match[2]


def _first_lines(text: str) -> Iterator[str]:
    """One by one: a directive is among the first."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def frontend_version(image: str) -> tuple[int, int]:
    """The version of docker/dockerfile that ``# syntax=`` names, at least; zeros where it is not known.

    It is not known of another frontend, and of a digest whose tag has no minor version: an old one may have
    had the tag.
    """
    tag = _tag_of_dockerfile(image)
    if tag is None:
        return 0, 0
    version = _VERSION.match(tag)
    if version and version[2]:
        return int(version[1]), int(version[2])
    moves = version is not None or _MOVES.search(tag)
    return _NEWEST if moves and "@" not in image else (0, 0)


def _tag_of_dockerfile(image: str) -> str | None:
    """None where it is another frontend."""
    name, _, tag = image.partition("@")[0].rpartition(":")
    if "/" in tag or not name:
        name, tag = image.partition("@")[0], "latest"
    return tag if _DOCKERFILE.fullmatch(name) else None


def knows_run_mount(image: str) -> bool:
    """Whether a frontend knows ``RUN --mount``: none named, or docker/dockerfile from 1.2 (labs earlier).

    Of any other frontend nothing is known, so the answer is no; an ARG is understood by all.
    """
    if not image:
        return True
    tag = _tag_of_dockerfile(image)
    if tag is None:
        return False
    if _MOVES_OR_EXPERIMENTAL.search(tag):
        return True
    version = _LONG_VERSION.match(tag)
    if not version:
        return False
    return version[2] is None or (int(version[1]), int(version[2])) >= _RUN_MOUNT_SINCE
