"""Versions of conda, and requirements on them (``conda.models.version``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cmp_to_key, lru_cache
from itertools import zip_longest

from msgspec import Struct

from freshlayer.lazy_regex import compiled

Atom = int | str
Component = tuple[Atom, ...]

_LONGEST = 512
_VALID = compiled(r"[*.+!_0-9a-z]+")
_ATOMS = compiled(r"[0-9]+|[*]+|[^0-9*]+")
_POST = 10**20
"""Above every number of a version, which has fewer digits."""
_MOST_DIGITS = 19
_OPERATORS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
}
_CONSTRAINT = compiled(r"(==|!=|>=|<=|~=|=|>|<)?\s*([A-Za-z0-9*._+!-]+)")


class Version(Struct, frozen=True):
    """``components``: the epoch first. ``local``: what is behind ``+``."""

    components: tuple[Component, ...]
    local: tuple[Component, ...] = ()


@lru_cache(maxsize=20_000)
def version_of(text: str) -> Version | None:
    """None for what is no version."""
    text = text.strip().lower()
    if len(text) > _LONGEST:
        return None
    if not _VALID.fullmatch(text) and "-" in text and "_" not in text:
        text = text.replace("-", "_")
    if not _VALID.fullmatch(text):
        return None
    epoch, mark, rest = text.partition("!")
    epoch, rest = (epoch, rest) if mark else ("0", text)
    main, plus, local = rest.partition("+")
    if not epoch.isdecimal() or "!" in rest or "+" in local or (plus and not local):
        return None
    parts = [epoch, *_divided(main)]
    found = [_component(part) for part in parts]
    locals_ = [_component(part) for part in _divided(local)] if local else []
    if any(it is None for it in (*found, *locals_)):
        return None
    return Version(tuple(it for it in found if it), tuple(it for it in locals_ if it))


def _divided(text: str) -> list[str]:
    if text.endswith("_") and len(text) > 1:
        parts = text[:-1].replace("_", ".").split(".")
        return [*parts[:-1], parts[-1] + "_"]
    return text.replace("_", ".").split(".")


def _component(text: str) -> Component | None:
    atoms = [_atom(it) for it in _ATOMS.findall(text)]
    if not atoms or None in atoms:
        return None
    known = tuple(it for it in atoms if it is not None)
    return known if text[0].isdecimal() else (0, *known)


def _atom(text: str) -> Atom | None:
    if text.isdecimal():
        return int(text) if len(text) <= _MOST_DIGITS else None
    if text == "post":
        return _POST
    return "DEV" if text == "dev" else text


def compared(one: Version, two: Version) -> int:
    """-1, 0, 1: as the first is below, equal to, or above the second."""
    return _of_parts(one.components, two.components) or _of_parts(one.local, two.local)


ordered = cmp_to_key(compared)
"""A key for sorting."""


def _of_parts(one: Sequence[Component], two: Sequence[Component]) -> int:
    for left, right in zip_longest(one, two, fillvalue=()):
        for a, b in zip_longest(left, right, fillvalue=0):
            found = _of_atoms(a, b)
            if found:
                return found
    return 0


def _of_atoms(one: Atom, two: Atom) -> int:
    """A word is below every number."""
    if isinstance(one, str) and isinstance(two, str):
        return (one > two) - (one < two)
    if isinstance(one, str) or isinstance(two, str):
        return -1 if isinstance(one, str) else 1
    return (one > two) - (one < two)


def starts_with(version: Version, prefix: Version) -> bool:
    """Whether ``version`` is one of ``prefix.*``."""
    if prefix.local:
        same = _of_parts(version.components, prefix.components) == 0
        return same and _parts_start(version.local, prefix.local)
    return _parts_start(version.components, prefix.components)


def _parts_start(own: Sequence[Component], prefix: Sequence[Component]) -> bool:
    last = len(prefix) - 1
    if _of_parts(own[:last], prefix[:last]):
        return False
    left, right = (own[last] if len(own) > last else ()), prefix[last]
    place = len(right) - 1
    if _of_parts((left[:place],), (right[:place],)):
        return False
    found, wanted = (left[place] if len(left) > place else 0), right[place]
    if isinstance(wanted, str):
        return isinstance(found, str) and found.startswith(wanted)
    return found == wanted


class Bound(Struct, frozen=True):
    """``operator``: of ``_OPERATORS``, ``=*`` and ``!=*`` (starts with), ``~=``; empty for any version."""

    operator: str
    version: Version = Version(())


Requirement = tuple[tuple[Bound, ...], ...]
"""One of them has to hold, with all its bounds."""
ANY: Requirement = ((Bound(""),),)


@lru_cache(maxsize=20_000)
def requirement_of(text: str) -> Requirement | None:
    """``>=1.2,<2|3.*``; None for what is none, or has parentheses or a pattern, which no one writes."""
    text = re.sub(r"\s*([|,])\s*", r"\1", text.strip())
    text = re.sub(r"([=<>~!])\s+", r"\1", text)
    if len(text) > _LONGEST:
        return None
    found = [[_bound(one) for one in part.split(",")] for part in text.split("|")]
    if any(it is None for part in found for it in part):
        return None
    return tuple(tuple(it for it in part if it is not None) for part in found)


def _bound(text: str) -> Bound | None:
    if text in {"*", "=*", "==*", ">=*"}:
        return Bound("")
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        return None
    operator, stated = match[1] or "", match[2]
    fuzzy = stated.endswith("*") and len(stated) > 1
    version = version_of(stated.rstrip("*").removesuffix(".") if fuzzy else stated)
    if version is None or "*" in stated.rstrip("*"):
        return None
    if operator in {"=", ""} and (fuzzy or operator):
        return Bound("=*", version)
    if operator in {"==", "!="} and fuzzy:
        return Bound("=*" if operator == "==" else "!=*", version)
    return Bound(operator or "==", version)


@lru_cache(maxsize=200_000)
def _holds(version: Version, bound: Bound) -> bool:
    match bound.operator:
        case "":
            return True
        case "=*":
            return starts_with(version, bound.version)
        case "!=*":
            return not starts_with(version, bound.version)
        case "~=":
            shorter = Version(bound.version.components[:-1])
            return compared(version, bound.version) >= 0 and starts_with(version, shorter)
        case operator:
            return _OPERATORS[operator](compared(version, bound.version))


def fits(version: Version, requirement: Requirement) -> bool:
    """Whether a version is one of those that are required."""
    return any(all(_holds(version, bound) for bound in part) for part in requirement)
