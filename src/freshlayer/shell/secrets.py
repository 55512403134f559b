"""Command lines made safe for a message: a value that is likely to be a secret is left out."""

from __future__ import annotations

import re

from freshlayer.lazy import compiled
from freshlayer.reference import shown

_OPTION = compiled(
    r"-[uHU]|--(?:proxy-)?(?:user|header)|-{1,2}[\w-]*(?:token|passw|secret|auth|credential|[_-]key)[\w-]*",
    re.IGNORECASE,
)
_HINT = compiled(r"^-[uHU]|token|passw|secret|auth|credential|[_-]key|bearer|user|header", re.IGNORECASE)
"""Without it there is nothing inside a word; the pattern below takes its time to find that out."""

_INSIDE = compiled(
    r"(?P<name>(?:^-[uHU](?==|\S)|[\w:/.-]*(?:token|passw\w*|secret|auth\w*|credential|[_-]key)[\w-]*=|\bbearer\s|"
    r"--(?:proxy-)?(?:user|header)=)).*",
    re.IGNORECASE | re.DOTALL,
)


def takes_secret(option: str) -> bool:
    """Whether the word behind an option is likely to be a secret."""
    return _OPTION.fullmatch(option) is not None


def without_secrets(words: list[str]) -> list[str]:
    """The words, with ``…`` for what an option such as ``--token`` or ``--header`` is given."""
    safe: list[str] = []
    hides = False
    for word in words:
        safe.append("…" if hides else _inside(shown(word)))
        hides = not hides and takes_secret(word)
    return safe


def _inside(word: str) -> str:
    return _INSIDE.sub(r"\g<name>…", word) if _HINT.search(word) else word
