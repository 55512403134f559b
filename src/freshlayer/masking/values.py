"""Values that a Dockerfile gives to names of secrets: hidden wherever they occur.

``ARG LICENSE_KEY=abc123`` and ``curl https://example.org/$LICENSE_KEY/tool``: nothing in the path shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freshlayer.lazy_regex import DOTALL, compiled
from freshlayer.masking.lazy_urls import quote
from freshlayer.masking.names import MASK, is_certain_name, is_secret_name

_LEAST = 6
_LONGEST = 4096
_MOST = 200
_ASSIGNMENT = compiled(r"(?<![\w$])([A-Za-z_]\w{0,99})=(?:\"([^\"$`]*)\"|'([^']*)'|([^\s;&|\"'$`()<>]+))")
_BACKWARDS = compiled(r"\w+")
_LONGEST_NAME = 102
"""With what is before it."""
_ORDINARY = compiled(
    r"[a-z_-]*|[A-Z]?[a-z]+|[A-Z_]+|v?[\d.:-]+|.*://.*|[./~].*|.*\.(?:key|pem|asc|gpg|txt|json|env)"
)
"""A word, a number, a version, a path: hiding it everywhere would hide what is not a secret."""
_HEXADECIMAL = compiled(r"(?:0x)?[0-9A-Fa-f]+")
_PARTS = compiled(r"([^:]+://[^/?#]*)([^#]*)(.*)", DOTALL)


def assigned(script: str) -> Iterator[tuple[str, str]]:
    """Names and literal values of the assignments that a script holds."""
    if "=" not in script:
        return
    for match in _ASSIGNMENT.finditer(script[: _LONGEST * 16]):
        yield match[1], match[2] or match[3] or match[4] or ""


def may_assign_secret(script: str) -> bool:
    """Whether a script may assign a value to the name of a secret: found faster than its assignments."""
    for piece in script[: _LONGEST * 16].split("=")[:-1]:
        backwards = _BACKWARDS.match(piece[:-_LONGEST_NAME:-1])
        if backwards and is_secret_name(backwards[0][::-1]):
            return True
    return False


def secret_values(named: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The values that have the name of a secret and are long and odd enough to be one; the longest first."""
    found = {value for name, value in named if is_secret_name(name) and _is_one(name, value)}
    return tuple(sorted(found, key=lambda value: (-len(value), value))[:_MOST])


def _is_one(name: str, value: str) -> bool:
    """A value named KEY may be the fingerprint of a public key."""
    if not _LEAST <= len(value) <= _LONGEST or _ORDINARY.fullmatch(value):
        return False
    return is_certain_name(name) or not _HEXADECIMAL.fullmatch(value)


def without_values(text: str, values: Iterable[str], mask: str = MASK) -> str:
    """A text without these values, as they are and percent-encoded."""
    for value in values:
        for form in _spellings(value):
            text = text.replace(form, mask)
    return text


def _spellings(value: str) -> tuple[str, ...]:
    try:
        data = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Nothing is requested that holds it.
        return (value,)
    return value, quote(data, safe=""), quote(data)


def url_without_values(url: str, values: Iterable[str]) -> str:
    """A URL's spelling with ``***`` for these values; not in its host, nor in what follows a ``#``."""
    match = _PARTS.match(url)
    return match[1] + without_values(match[2], values, "***") + match[3] if match else url
