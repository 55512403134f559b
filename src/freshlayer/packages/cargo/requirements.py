"""Requirements on versions as Cargo reads them (the crate ``semver``, VersionReq)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.packages.named.semver import Order, Version, version_of

_PART = r"([0-9]{1,19}|[*xX])"
_WORDS = r"([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"
_COMPARATOR = compiled(
    rf"\s*(=|>=|<=|>|<|\^|~)?\s*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-{_WORDS})?(?:\+{_WORDS})?)?)?\s*"
)
_LONGEST = 256
_OPERATORS = "<>=^~"


class Comparator(Struct, frozen=True):
    """``numbers``: as many as are stated before a wildcard."""

    operator: str
    numbers: tuple[int, ...]
    before: str = ""


Requirement = Sequence[Comparator]
"""All of them have to hold; without any, every version fits."""


def requirement_of(text: str) -> Requirement | None:
    """``^1.2``, ``>=1, <1.5``, ``1.*``; None for what is none."""
    if len(text) > _LONGEST:
        return None
    if text.strip() in {"*", "x", "X"}:
        return ()
    found = [_comparator(part) for part in text.split(",")]
    return None if None in found else [it for it in found if it is not None]


def version_flag(text: str) -> Requirement | None:
    """As ``cargo install --version`` reads it: without an operator it is one version."""
    text = text.strip()
    if text[:1] in _OPERATORS or "*" in text:
        return requirement_of(text)
    return requirement_of(f"={text}") if version_of(text) else None


def fits(version: Version, requirement: Requirement) -> bool:
    """Whether all hold. A pre-release fits only where one of them names a pre-release of its numbers."""
    if not all(_holds(version, it) for it in requirement):
        return False
    return not version.before or any(it.before and it.numbers == version.numbers for it in requirement)


def order(version: Version) -> tuple[Order, tuple[tuple[bool, int, str], ...]]:
    """Cargo's order, in which metadata of a build counts."""
    words = version.build.split(".") if version.build else []
    return version.order, tuple((not it.isdecimal(), int(it) if it.isdecimal() else 0, it) for it in words)


def _comparator(text: str) -> Comparator | None:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        return None
    parts = [part for part in match.group(2, 3, 4) if part is not None]
    numbers: list[int] = []
    for part in parts:
        if not part.isdecimal():
            break
        numbers.append(int(part))
    wildcard = len(numbers) < len(parts)
    if any(part.isdecimal() for part in parts[len(numbers) :]) or (wildcard and match[5]):
        return None
    if not numbers:
        return None if match[1] else Comparator("*", ())
    return Comparator(match[1] or ("*" if wildcard else "^"), tuple(numbers), match[5] or "")


def _holds(version: Version, wanted: Comparator) -> bool:
    major, minor, patch = (*wanted.numbers, 0, 0, 0)[:3]
    low = Version((major, minor, patch), wanted.before).order
    same = version.numbers[: len(wanted.numbers)] == wanted.numbers
    if wanted.operator in {"=", "*"}:
        return same and (len(wanted.numbers) < 3 or version.before == wanted.before)
    if wanted.operator == ">":
        return (
            version.order > low if len(wanted.numbers) == 3 else version.numbers > wanted.numbers and not same
        )
    if wanted.operator == "<":
        return version.order < low
    if wanted.operator == "<=":
        return version.order <= low or (len(wanted.numbers) < 3 and same)
    return version.order >= low and (
        wanted.operator == ">=" or version.numbers[: (n := _kept(wanted))] == wanted.numbers[:n]
    )


def _kept(wanted: Comparator) -> int:
    """How many numbers ``~`` or ``^`` keeps."""
    stated = len(wanted.numbers)
    if wanted.operator == "~":
        return min(stated, 2)
    first = next((place for place, it in enumerate(wanted.numbers) if it), stated - 1)
    return first + 1
