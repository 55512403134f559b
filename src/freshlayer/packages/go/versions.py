"""Versions of Go modules, and queries of them (https://go.dev/ref/mod#version-queries)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.packages.named.semver import Order
from freshlayer.packages.named.semver import version_of as semantic

_PREFIX = compiled(r"v(?:0|[1-9][0-9]{0,18})(?:\.(?:0|[1-9][0-9]{0,18}))?")
_PSEUDO = compiled(
    r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[A-Za-z0-9]+(?:\+[0-9A-Za-z.-]+)?"
)
_REVISION = compiled(r"[\w.+-]{1,200}")
_INCOMPATIBLE = "+incompatible"
_OPERATORS = ("<=", "<", ">=", ">")

Interval = tuple[str, str]


class Query(Struct, frozen=True):
    """``kind``: ``latest``, an operator, ``prefix``, or ``revision``. ``current``: what go.mod requires."""

    kind: str
    version: str = ""
    current: str = ""

    def takes(self, version: str) -> bool:
        """Whether a listed version is one that the query means."""
        if self.current and order(version) < order(self.current):
            return False
        if self.kind == "prefix":
            return version.startswith(f"{self.version}.")
        if self.kind not in _OPERATORS:
            return True
        found, bound = order(version), order(self.version)
        return {"<": found < bound, "<=": found <= bound, ">": found > bound, ">=": found >= bound}[self.kind]

    @property
    def is_incompatible(self) -> bool:
        """Whether it names a major version that a path without one has as ``+incompatible`` alone."""
        return self.kind != "latest" and re.match(r"v[01](?:\.|$)", self.version) is None

    @property
    def lowest(self) -> bool:
        """Whether the lowest that fits is taken."""
        return self.kind.startswith(">")


def query_of(text: str, current: str = "") -> Query | None:
    """What is behind the ``@``; None for what is none."""
    if text in {"latest", "upgrade"}:
        return Query("latest", current=current if text == "upgrade" else "")
    if text == "patch":
        return Query("prefix", current.rpartition(".")[0].partition("-")[0], current) if current else None
    operator = next((it for it in _OPERATORS if text.startswith(it)), "")
    if operator:
        version = text[len(operator) :]
        if is_version(version):
            return Query(operator, version)
        # What <=v1 and >v1 mean is not defined.
        usual = operator in {"<", ">="} and _PREFIX.fullmatch(version)
        return Query(operator, version + (".0" * (2 - version.count(".")))) if usual else None
    if _PREFIX.fullmatch(text):
        return Query("prefix", text)
    return Query("revision", text) if _REVISION.fullmatch(text) else None


def is_version(text: str) -> bool:
    """Whether it is a version in full."""
    return text.startswith("v") and semantic(text[1:]) is not None


def is_listed(text: str) -> bool:
    """Whether go takes a line of a list for a version."""
    return is_version(text) and not _PSEUDO.fullmatch(text)


def is_pseudo(text: str) -> bool:
    """Whether it names a commit."""
    return _PSEUDO.fullmatch(text) is not None


def order(version: str) -> Order:
    """Without metadata."""
    known = semantic(version[1:])
    return known.order if known else (0, 0, 0, False, ())


def chosen(
    versions: Sequence[str], query: Query, allowed: Callable[[str], bool], *, incompatible: bool
) -> str:
    """A release before a pre-release; empty where none fits.

    ``incompatible``: whether versions with ``+incompatible`` count: they don't where the last one without
    has a go.mod.
    """
    fitting = [it for it in versions if query.takes(it) and allowed(it)]
    plain = [it for it in fitting if not it.endswith(_INCOMPATIBLE)]
    if plain and not incompatible:
        fitting = plain
    fitting.sort(key=lambda it: (order(it), it), reverse=not query.lowest)
    releases = [it for it in fitting if order(it)[3]]
    return next(iter([*releases, *fitting]), "")


def last_compatible(versions: Sequence[str], query: Query, allowed: Callable[[str], bool]) -> str:
    """Whose go.mod decides whether ``+incompatible`` counts; empty where there is nothing to decide."""
    fitting = [it for it in versions if query.takes(it) and allowed(it)]
    plain = [it for it in fitting if not it.endswith(_INCOMPATIBLE)]
    return max(plain, key=lambda it: (order(it), it)) if plain and len(plain) < len(fitting) else ""


def is_in(version: str, intervals: Sequence[Interval]) -> bool:
    """Whether one of these closed intervals has a version."""
    return any(order(low) <= order(version) <= order(high) for low, high in intervals)
