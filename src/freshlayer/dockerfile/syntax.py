"""``# syntax=``: which frontend reads the file, and whether it knows ``RUN --mount``."""

from __future__ import annotations

import re

from freshlayer.lazy import compiled

_DIRECTIVE = compiled(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
_KNOWN = {"syntax", "escape", "check"}
_RUN_MOUNT_SINCE = (1, 2)


def syntax_image(text: str) -> str:
    """The image that ``# syntax=`` names; empty where there is none.

    Directives stand first, one a line; a shebang may precede them (BuildKit ``parser/directives.go``).
    """
    lines = text.removeprefix("\ufeff").split("\n")
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if not match or match[1].lower() not in _KNOWN:
            return ""
        if match[1].lower() == "syntax":
            return match[2].split()[0]
    return ""


def knows_run_mount(image: str) -> bool:
    """Whether a frontend knows ``RUN --mount``: none named, or docker/dockerfile from 1.2 (labs earlier).

    Of any other frontend nothing is known, so the answer is no; an ARG is understood by all.
    """
    if not image:
        return True
    name, _, tag = image.partition("@")[0].rpartition(":")
    if "/" in tag or not name:
        name, tag = image.partition("@")[0], "latest"
    if not re.fullmatch(r"(?:.+/)?docker/dockerfile(?:-upstream)?", name):
        return False
    if re.search(r"experimental|labs|master|latest", tag):
        return True
    version = re.match(r"(\d+)(?:\.(\d+))?", tag)
    if not version:
        return False
    return version[2] is None or (int(version[1]), int(version[2])) >= _RUN_MOUNT_SINCE
