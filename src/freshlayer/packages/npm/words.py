"""A word of ``npm install``: which package of a registry it names, and which version of it."""

from __future__ import annotations

import re

from msgspec import Struct

from freshlayer.lazy_regex import compiled

_NAME = r"(?:@[a-z0-9~._-]+/)?[a-z0-9~._-]+"
_WORD = compiled(rf"(?i)^({_NAME})(?:@(.*))?$")
_ALIAS = compiled(rf"(?i)^{_NAME}@npm:({_NAME})(?:@(.*))?$")
_ELSEWHERE = compiled(
    r"^(?:git|github|gitlab|bitbucket|gist|file|link|https?|workspace|portal|patch|catalog):|^git\+|^[./]|/"
)


class Wish(Struct, frozen=True):
    """``wanted``: a range, a version, a tag; empty where none is named."""

    name: str
    wanted: str = ""

    @property
    def scope(self) -> str:
        """``@scope``; empty without one."""
        return self.name.partition("/")[0] if self.name.startswith("@") else ""

    @property
    def purl(self) -> str:
        """Without version."""
        return f"pkg:npm/{self.name.replace('@', '%40')}"

    @property
    def path(self) -> str:
        """Below the registry."""
        return self.name.replace("/", "%2f")


def wish_of(word: str) -> Wish | None:
    """None for a word that names a directory, an archive or a repository."""
    alias = _ALIAS.match(word)
    match = alias or _WORD.match(word)
    if match is None or (not word.startswith("@") and "/" in match[1]):
        return None
    wanted = (match[2] or "").strip()
    if _ELSEWHERE.search(wanted) or re.search(r"\.(?:tgz|tar\.gz|tar)$", word):
        return None
    return Wish(match[1], wanted)
