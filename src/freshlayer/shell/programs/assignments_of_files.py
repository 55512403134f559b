"""Files that assign values and do nothing else: ``/etc/os-release``, ``/etc/lsb-release``."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled
from freshlayer.shell.files import FilesSeen, FileText
from freshlayer.shell.values import known

_LINE = compiled(
    r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)="
    r"(?:\"(?P<double>(?:[^\"\\$`]|\\.)*)\"|'(?P<single>[^']*)'|(?P<bare>[\w.,:/+@%=-]*))(?:\s+#.*|\s*)",
    re.ASCII,
)
_ESCAPED = compiled(r"\\([\"\\$`])")
_MOST_LINES = 200


def assignments(text: str) -> dict[str, str] | None:
    """Name → value; None for a file with anything that is not an assignment of a plain value."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    for line in lines[:_MOST_LINES]:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        plain = match["single"] or match["bare"] or ""
        found[match["name"]] = _ESCAPED.sub(r"\1", match["double"]) if match["double"] else plain
    return found if len(lines) <= _MOST_LINES else None


def os_release(files: FilesSeen) -> dict[str, str]:
    """What the distribution states of itself (os-release(5)); empty where that is not known."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        found = files.find(path)
        text = known(found.text[0]) if isinstance(found, FileText) and len(found.text) == 1 else None
        if text:
            return assignments(text) or {}
    return {}
