"""Versions, ranges and floating versions of NuGet, as its documentation has them.

A version is that of Semantic Versioning 2.0 with an optional fourth number; labels are compared without case.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from freshlayer.lazy_regex import compiled

_VERSION = compiled(
    r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]{1,200}))?(?:\+[0-9A-Za-z.-]{1,200})?"
)
_RANGE = compiled(r"([\[(])\s*([^,\[\]()]{0,250}?)\s*(?:(,)\s*([^,\[\]()]{0,250}?)\s*)?([\])])")
_FLOAT = compiled(r"((?:\d{1,9}\.){0,3})\*|(\d{1,9}(?:\.\d{1,9}){0,3})(?=-)")
_PARTS = 4

Order = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


class Version(Struct, frozen=True):
    """``label``: of a pre-release, empty for a stable version."""

    numbers: tuple[int, ...]
    label: str = ""

    @property
    def order(self) -> Order:
        """A pre-release is below its release; numbers are below words."""
        words = tuple(_order_of(word) for word in self.label.lower().split(".")) if self.label else ()
        return self.numbers, not self.label, words


class Wanted(Struct, frozen=True):
    """A range. ``floating``: numbers that a version begins with; None for a range that does not float.

    ``prefix``: the beginning of a label of pre-releases that are taken as well; None where none are.
    """

    least: Version | None = None
    most: Version | None = None
    with_least: bool = True
    with_most: bool = False
    floating: tuple[int, ...] | None = None
    prefix: str | None = None


def version_of(text: str) -> Version | None:
    """None for what is no version."""
    match = _VERSION.fullmatch(text.strip())
    if match is None or "" in (match[5] or "x").split("."):
        return None
    numbers = [int(it) for it in match.groups()[:_PARTS] if it]
    return Version(tuple(numbers + [0] * (_PARTS - len(numbers))), match[5] or "")


def wanted_of(text: str) -> Wanted | None:
    """A version is a minimum; empty is any stable version, the newest. None for what is none of them."""
    text = text.strip()
    if not text:
        return Wanted(floating=())
    bounds = _RANGE.fullmatch(text)
    if bounds:
        return _of_bounds(bounds[1], bounds[2], bounds[3], bounds[4] or "", bounds[5])
    if "*" in text:
        return _floating(text)
    least = version_of(text)
    return Wanted(least) if least else None


def choose(wanted: Wanted, versions: Iterable[Version]) -> Version | None:
    """The highest that a floating version matches, else the lowest above it; of a range the lowest."""
    fitting = [it for it in versions if _fits(it, wanted)]
    if wanted.floating is None:
        return min(fitting, key=lambda it: it.order, default=None)
    matching = [it for it in fitting if _floats(it, wanted)]
    if matching:
        return max(matching, key=lambda it: it.order)
    return min(fitting, key=lambda it: it.order, default=None)


def _of_bounds(opened: str, least: str, comma: str | None, most: str, closed: str) -> Wanted | None:
    if not comma:
        exact = version_of(least)
        return Wanted(exact, exact, with_most=True) if exact and opened == "[" and closed == "]" else None
    if "*" in least:
        floating = _floating(least)
        upper = version_of(most) if most else None
        if floating is None or (most and upper is None):
            return None
        return Wanted(floating.least, upper, opened == "[", closed == "]", floating.floating, floating.prefix)
    known = [version_of(text) for text in (least, most) if text]
    if None in known or not known:
        return None
    return Wanted(
        version_of(least) if least else None, version_of(most) if most else None, opened == "[", closed == "]"
    )


def _floating(text: str) -> Wanted | None:
    """``1.*``, ``1.2.*-*``, ``1.0.0-beta.*``, ``*-*``."""
    numbers, dash, label = text.partition("-")
    match = _FLOAT.match(text)
    whole = match is not None and match[0] == numbers
    if match is None or not whole or (dash and not label.endswith("*")) or label.count("*") > 1:
        return None
    prefix = label[:-1] if dash else None
    fixed = tuple(int(it) for it in (match[1] or match[2] or "").split(".") if it)
    if match[2] is not None:
        fixed = (*fixed, *[0] * (_PARTS - len(fixed)))
    least = Version(
        (*fixed, *[0] * (_PARTS - len(fixed))), f"{prefix.rstrip('.')}" or "0" if prefix is not None else ""
    )
    return Wanted(least, floating=fixed, prefix=prefix)


def _fits(version: Version, wanted: Wanted) -> bool:
    bounded = any(it.label for it in (wanted.least, wanted.most) if it)
    if version.label and not bounded and wanted.prefix is None:
        return False
    least, most = wanted.least, wanted.most
    above = (
        least is None or version.order > least.order or (wanted.with_least and version.order == least.order)
    )
    below = most is None or version.order < most.order or (wanted.with_most and version.order == most.order)
    return above and below


def _floats(version: Version, wanted: Wanted) -> bool:
    numbers = wanted.floating or ()
    if version.numbers[: len(numbers)] != numbers:
        return False
    if not version.label:
        return True
    return wanted.prefix is not None and version.label.lower().startswith(wanted.prefix.lower())


def _order_of(word: str) -> tuple[bool, int, str]:
    return (False, int(word[:18]), "") if word.isdecimal() else (True, 0, word)
