"""Constraints on versions as Composer reads them (composer/semver, VersionParser::parseConstraints)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.packages.composer.versions import MODIFIER, normalized, order, rank, stability_of

_MORE = r"(?:\.(\d++))?"
_VERSION = rf"v?(\d++){_MORE * 3}(?:{MODIFIER}|\.([x*][.-]?dev))(?:\+\S+)?"
_TILDE = compiled(rf"(?i)~{_VERSION}")
_CARET = compiled(rf"(?i)\^{_VERSION}")
_HYPHEN = compiled(rf"(?i)({_VERSION}) {{1,9}}- {{1,9}}({_VERSION})")
_WILDCARD = compiled(r"v?(\d++)(?:\.(\d++))?(?:\.(\d++))?(?:\.[xX*]){1,4}")
_EVERY = compiled(r"(v)?[xX*](\.[xX*]){0,4}")
_COMPARATOR = compiled(r"(<>|!=|>=|>|<=|<|==|=)?\s*(.*)")
_FLAGGED = compiled(r"(?i)([^,\s]*?)@(stable|rc|beta|alpha|dev)")
_ALIAS = compiled(r"([^,\s]{1,200}) {1,9}as {1,9}[^,\s]{1,200}")
_REVISION = compiled(r"(?i)(dev-[^,\s@]+?|[^,\s@]+?\.x-dev)#.+")
_AND = compiled(r"(?<![=>< ,]) *(?<!-)[, ](?!-) *(?!,|$)")
_ENDS = compiled(rf"(?i)-{MODIFIER}$")
_LONGEST = 500

Bound = tuple[str, str]
"""(operator, normalized version)."""


class Constraint(Struct, frozen=True):
    """One of ``groups`` has to hold, with all of its bounds. ``stability``: what it makes acceptable."""

    groups: tuple[tuple[Bound, ...], ...]
    stability: str = "stable"

    def holds(self, version: str) -> bool:
        """For a normalized version."""
        return any(all(_holds(version, bound) for bound in group) for group in self.groups)


ANY = Constraint(((),))


def constraint_of(text: str) -> Constraint | None:
    """``^1.2 || ~2.0``; None for what is none."""
    if len(text) > _LONGEST:
        return None
    groups = []
    for alternative in re.split(r"\|\|?", text.strip()):
        bounds: list[Bound] = []
        for part in _parts(alternative.strip()):
            found = _bounds(part)
            if found is None:
                return None
            bounds += found
        groups.append(tuple(bounds))
    return Constraint(tuple(groups), max(_stabilities(text), key=rank, default="stable"))


def _parts(text: str) -> Sequence[str]:
    return [text] if _ALIAS.fullmatch(text) else _AND.split(text)


def _stabilities(text: str) -> Iterator[str]:
    """Flags, and the stability of versions that have one."""
    for word in re.split(r"[,\s|]+", text):
        flag = re.search(r"(?i)@(stable|rc|beta|alpha|dev)$", word)
        yield flag[1].lower() if flag else stability_of(re.sub(r"^[<>=!~^]+", "", word))


def _holds(version: str, bound: Bound) -> bool:
    operator, wanted = bound
    if version.startswith("dev-") or wanted.startswith("dev-"):
        return {"==": version == wanted, "!=": version != wanted}.get(operator, False)
    found, limit = order(version), order(wanted)
    return {
        "==": found == limit,
        "!=": found != limit,
        "<": found < limit,
        "<=": found <= limit,
        ">": found > limit,
        ">=": found >= limit,
    }[operator]


def _bounds(text: str) -> list[Bound] | None:
    """All of them hold."""
    alias = _ALIAS.fullmatch(text)
    text = alias[1] if alias else text
    flag, flagged = "", _FLAGGED.fullmatch(text)
    if flagged:
        text, flag = flagged[1] or "*", flagged[2].lower()
    revision = _REVISION.fullmatch(text)
    text = revision[1] if revision else text
    every = _EVERY.fullmatch(text)
    if every:
        return [(">=", "0.0.0.0-dev")] if every[1] or every[2] else []
    for pattern, reader in ((_TILDE, _tilde), (_CARET, _caret), (_WILDCARD, _wildcard), (_HYPHEN, _hyphen)):
        match = pattern.fullmatch(text)
        if match:
            return reader(text, match)
    return _compared(text, "" if flag == "stable" else flag)


def _has_suffix(match: re.Match[str], first: int) -> bool:
    """Whether a version has a stability; ``first``: the group of its word."""
    return any(match[first + step] for step in (0, 2, 3))


def _low(text: str, match: re.Match[str]) -> list[Bound] | None:
    version = normalized(text[1:] + ("" if _has_suffix(match, 5) else "-dev"))
    return [(">=", version)] if version else None


def _tilde(text: str, match: re.Match[str]) -> list[Bound] | None:
    low = _low(text, match)
    stated = max(place for place in (1, 2, 3, 4) if match[place]) + bool(match[8])
    return [*low, ("<", _raised(match.groups()[:4], max(1, stated - 1), 1))] if low else None


def _caret(text: str, match: re.Match[str]) -> list[Bound] | None:
    low = _low(text, match)
    place = 1 if match[1] != "0" or not match[2] else 2 if match[2] != "0" or not match[3] else 3
    return [*low, ("<", _raised(match.groups()[:4], place, 1))] if low else None


def _wildcard(_text: str, match: re.Match[str]) -> list[Bound]:
    place = max(it for it in (1, 2, 3) if match[it])
    numbers = (*match.groups()[:3], None)
    low = _raised(numbers, place, 0)
    high = ("<", _raised(numbers, place, 1))
    return [high] if low == "0.0.0.0-dev" else [(">=", low), high]


def _hyphen(_text: str, match: re.Match[str]) -> list[Bound] | None:
    low, high = normalized(match[1]), normalized(match[10])
    if not low or not high:
        return None
    first = (">=", low + ("" if _has_suffix(match, 6) else "-dev"))
    if (match[12] and match[13]) or _has_suffix(match, 15):
        return [first, ("<=", high)]
    return [first, ("<", _raised(match.groups()[10:14], 2 if match[12] else 1, 1))]


def _raised(numbers: Sequence[str | None], place: int, by: int) -> str:
    """The numbers up to a place, that one raised; zeros behind it."""
    kept = [int(numbers[it] or 0) + (by if it == place - 1 else 0) for it in range(place)]
    return ".".join(map(str, [*kept, 0, 0, 0, 0][:4])) + "-dev"


def _compared(text: str, flag: str) -> list[Bound] | None:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        return None
    version = normalized(match[2])
    if version is None and match[2].endswith("-dev") and re.fullmatch(r"[0-9a-zA-Z./-]+", match[2]):
        version = normalized(f"dev-{match[2][:-4]}")
    if version is None:
        return None
    operator = {"": "==", "=": "==", "<>": "!="}.get(match[1] or "", match[1] or "")
    if operator != "==" and flag and stability_of(version) == "stable":
        version = f"{version}-{flag}"
    elif operator in {"<", ">="} and not _has_modifier(match[2]) and not match[2].startswith("dev-"):
        version = f"{version}-dev"
    return [(operator, version)]


def _has_modifier(text: str) -> bool:
    found = _ENDS.search(text)
    return bool(found and (found[1] or found[3]))
