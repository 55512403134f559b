"""Versions of Composer packages, their stability and order (composer/semver, version_compare of PHP)."""

from __future__ import annotations

import re

from freshlayer.lazy_regex import compiled

MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?>(?:[.-]?\d++)*))?)?([.-]?dev)?"
STABILITIES = ("stable", "rc", "beta", "alpha", "dev")
"""The most stable first."""

_CLASSIC = compiled(rf"(?i)v?(\d{{1,5}})(\.\d++)?(\.\d++)?(\.\d++)?{MODIFIER}")
_DATED = compiled(rf"(?i)v?(\d{{4}}(?:[.:-]?\d{{2}}){{1,6}}(?:[.:-]?\d{{1,3}})?){MODIFIER}")
_BRANCH = compiled(r"(?i)v?(\d++)(\.(?:\d++|[x*]))?(\.(?:\d++|[x*]))?(\.(?:\d++|[x*]))?")
_FLAG = compiled(r"(?i)@(?:stable|rc|beta|alpha|dev)$")
_ALIAS = compiled(r"([^,\s]{1,200}) {1,9}as {1,9}([^,\s]{1,200})")
_ENDS = compiled(rf"(?i){MODIFIER}(?:\+.{{0,200}})?$")
_PIECE = compiled(r"\d++|[a-zA-Z]+")
_EXPANDED = {"a": "alpha", "b": "beta", "p": "patch", "pl": "patch", "rc": "RC"}
_FORMS = (("dev", 0), ("alpha", 1), ("a", 1), ("beta", 2), ("b", 2), ("rc", 3), ("#", 4), ("pl", 5), ("p", 5))
_NUMBER = 4
_HIGHEST = ".9999999"
_LONGEST = 200

Order = tuple[tuple[int, int], ...]


def normalized(text: str) -> str | None:
    """``1.2`` → ``1.2.0.0``, ``2.x-dev`` → ``2.9999999.9999999.9999999-dev``; None for what is no version."""
    version = _without_flag(text)
    if len(version) > _LONGEST:
        return None
    if version in {"master", "trunk", "default"}:
        version = f"dev-{version}"
    if version.lower().startswith("dev-"):
        return f"dev-{version[4:]}"
    version = version.partition("+")[0] if re.fullmatch(r"[^,\s+]+\+\S+", version) else version
    match = _CLASSIC.fullmatch(version)
    if match:
        numbers = match[1] + "".join(match[place] or ".0" for place in (2, 3, 4))
        return numbers + _suffix(match[5], match[6], match[7])
    match = _DATED.fullmatch(version)
    if match:
        return re.sub(r"\D", ".", match[1]) + _suffix(match[2], match[3], match[4])
    branch = re.fullmatch(r"(?i)(.*?)[.-]?dev", version)
    found = branch_of(branch[1]) if branch else ""
    return found if found and not found.startswith("dev-") else None


def _without_flag(text: str) -> str:
    version = text.strip()
    alias = _ALIAS.fullmatch(version)
    return _FLAG.sub("", alias[1] if alias else version)


def _suffix(word: str | None, digits: str | None, dev: str | None) -> str:
    if word and word.lower() == "stable":
        return ""
    found = f"-{_EXPANDED.get(word.lower(), word.lower())}{(digits or '').lstrip('.-')}" if word else ""
    return found + ("-dev" if dev else "")


def branch_of(name: str) -> str:
    """The version of a branch: ``2.1`` is ``2.1.9999999.9999999-dev``, ``main`` is ``dev-main``."""
    match = _BRANCH.fullmatch(name.strip())
    if match is None:
        return f"dev-{name.strip()}"
    parts = [match[1], *((match[place] or ".x") for place in (2, 3, 4))]
    return "".join(re.sub(r"[xX*]", _HIGHEST[1:], part) for part in parts) + "-dev"


def stability_of(version: str) -> str:
    """That of a version in any spelling."""
    version = re.sub(r"#.+$", "", version)
    if version.lower().startswith("dev-") or version.lower().endswith("-dev"):
        return "dev"
    match = _ENDS.search(version[-_LONGEST:])
    word = (match[1] or "").lower() if match else ""
    if match and match[3]:
        return "dev"
    return {"beta": "beta", "b": "beta", "alpha": "alpha", "a": "alpha", "rc": "rc"}.get(word, "stable")


def rank(stability: str) -> int:
    """0 for ``stable``, the greater the less stable."""
    return STABILITIES.index(stability.lower()) if stability.lower() in STABILITIES else 0


def order(version: str) -> Order:
    """Of a normalized version, as PHP's version_compare has it."""
    pieces = _PIECE.findall(version)
    found = [(_NUMBER, int(it)) if it.isdecimal() else (_form(it), 0) for it in pieces]
    # What ends is above a pre-release, and below a number and a patch.
    return (*found, (_NUMBER, -1))


def _form(word: str) -> int:
    return next((rank for name, rank in _FORMS if word.lower().startswith(name)), -1)
