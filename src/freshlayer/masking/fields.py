"""Texts that are no commands (configuration, comments) without the values of fields that name a secret.

Stricter than the reading of a command: from such a name on the line is hidden, and what continues its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freshlayer.lazy_regex import IGNORECASE, compiled
from freshlayer.masking.names import MASK, is_secret_name

_LONGEST = 4000
_FIELD = compiled(
    r"(?<![\w.$/-])\.?(?P<name>[A-Za-z_][\w.\[\]-]{0,200})[\"'\\]{0,4}\s{0,8}(?:=>|[:=](?!//)|>)\s{0,8}"
)
_FIRST = compiled(r"\s*(?P<name>[A-Za-z_][\w.-]{0,200})\s+(?=\S)")
_PHRASE = compiled(
    r"\b(?:(?:password|passwd|passphrase|passcode|requirepass|masterauth)\b|identified\s+by\b"
    r"|(?:secret|token|bearer|key)\b(?=\s+(?:is\s+)?(?![a-z]+\b(?![\w/+=-]))))\s+(?=\S)",
    IGNORECASE,
)
"""In a sentence ``the token is missing`` shows; ``token k3Zq81`` does not."""
_KEY_AT_START = compiled(
    r"(?P<indent>\s*)(?:-\s+)?(?:export\s+)?[\"']?\.?[\w.\[\]-]+[\"']?\s*(?:=>|[:=])\s*$"
)
_PRIVATE = compiled(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY")
_END = compiled(r"-{4,5} ?END [A-Z0-9 ]{0,60}PRIVATE KEY")
_QUOTES = ('"""', "'''", '"', "'")


def without_fields(line: str, *, first: bool = False) -> str:
    """A line up to the first name of a secret with a value behind it. ``first``: also ``NAME VALUE``."""
    at = min(_secrets(line, first=first), default=None)
    return line if at is None or not line[at:].strip() else f"{line[:at]}{MASK}"


def _secrets(line: str, *, first: bool) -> Iterator[int]:
    """Where the values begin; a line that is too long to be read is one."""
    if len(line) > _LONGEST:
        yield _LONGEST
        line = line[:_LONGEST]
    yield from (match.end() for match in _FIELD.finditer(line) if _is_secret(match["name"]))
    yield from (match.end() for match in _PHRASE.finditer(line))
    opening = _FIRST.match(line) if first else None
    if opening and is_secret_name(opening["name"]):
        yield opening.end()


def _is_secret(name: str) -> bool:
    last = name.rpartition(".")[2]
    return any(map(is_secret_name, (name, last, last.removesuffix("s"))))


def continued(lines: list[str]) -> set[int]:
    """The lines that continue the value of a secret: of a list, a block of YAML or a quoted text."""
    found: set[int] = set()
    indent, quote, lists = -1, "", False
    for number, line in enumerate(lines):
        if quote:
            found.add(number)
            quote = "" if quote in line else quote
            continue
        depth = len(line) - len(line.lstrip())
        belongs = not line.strip() or depth > indent or (lists and line[depth:].startswith("-"))
        if indent >= 0 and belongs:
            found.add(number)
            continue
        indent, quote, lists = _open(line)
    return found


def _open(line: str) -> tuple[int, str, bool]:
    """What a line leaves open: the indent of a field or -1, a quote, and whether its value is to come."""
    at = min(
        (match.end() for match in _FIELD.finditer(line[:_LONGEST]) if _is_secret(match["name"])), default=-1
    )
    if at < 0:
        return -1, "", False
    value = line[at:].strip()
    quote = next((it for it in _QUOTES if value.startswith(it)), "")
    unclosed = quote if quote and value.count(quote) % 2 else ""
    starts = _KEY_AT_START.match(line[:at])
    return (len(starts["indent"]) if starts else -1), unclosed, not value


def of_private_keys(lines: Iterable[str]) -> set[int]:
    """The lines of private keys, with the first and the last one; without an end, all that follow."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(lines):
        starts = None if inside else _PRIVATE.search(line)
        inside = inside or starts is not None
        if inside:
            found.add(number)
        inside = inside and not _END.search(line, starts.end() if starts else 0)
    return found
