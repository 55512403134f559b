"""Relations between packages: the text of a field → clauses of alternatives (Debian Policy, 7)."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct


class Kind(IntEnum):
    """The relations that decide what is installed. Up to ``BREAKS`` a package is broken without them."""

    PRE_DEPENDS = 0
    DEPENDS = 1
    CONFLICTS = 2
    BREAKS = 3
    RECOMMENDS = 4
    SUGGESTS = 5


_NEGATIVE = (Kind.CONFLICTS, Kind.BREAKS)
"""Relations that name what must not be installed."""


class Alternative(Struct, frozen=True):
    """One package of a clause. ``architecture``: as written behind the colon; empty where there is none."""

    name: str
    architecture: str = ""
    operator: str = ""
    version: str = ""


class Clause(Struct, frozen=True):
    """Alternatives of which one is enough; of a negative clause, one that must not be there.

    ``critical``: whether a package is broken where it is not fulfilled. Both are fields: a resolution reads
    them more often than anything else.
    """

    kind: Kind
    alternatives: tuple[Alternative, ...]
    negative: bool
    critical: bool
    implicit: bool = False


def clause_of(kind: Kind, alternatives: tuple[Alternative, ...], *, implicit: bool = False) -> Clause:
    """A clause of a relation."""
    return Clause(kind, alternatives, kind in _NEGATIVE, kind <= Kind.BREAKS, implicit)


class Restricted(Struct, frozen=True):
    """An alternative of a build dependency, with the architectures and the profiles that it is for."""

    alternative: Alternative
    architectures: tuple[str, ...] = ()
    profiles: tuple[tuple[str, ...], ...] = ()


_ONE = re.compile(
    r"\s*([^\s:(\[<,|]+)(?::([\w*-]+))?\s*(?:\(\s*(<<|>>|<=|>=|[<>=])\s*([^\s)]+)\s*\))?"
    r"\s*(?:\[([^\]]*)\])?\s*((?:<[^>]*>\s*)*)"
)
_OLD = {"<": "<=", ">": ">="}
_PROFILE = re.compile(r"<([^>]*)>")


@lru_cache(maxsize=1 << 15)
def clauses_of(text: str, kind: Kind) -> tuple[Clause, ...]:
    """The clauses of a field. Each alternative of a negative field is a clause of its own."""
    read = restricted_clauses(text)
    return tuple(clause_of(kind, tuple(one.alternative for one in clause)) for clause in read)


def restricted_clauses(text: str) -> list[list[Restricted]]:
    """The clauses of a field with the restrictions of build dependencies."""
    found = ([_read(part) for part in clause.split("|")] for clause in text.split(","))
    return [clause for clause in ([one for one in parts if one] for parts in found) if clause]


def _read(text: str) -> Restricted | None:
    match = _ONE.match(text)
    if match is None:
        return None
    name, architecture, operator, version, architectures, profiles = match.groups()
    written = Alternative(name, architecture or "", _OLD.get(operator, operator or ""), version or "")
    lists = tuple(tuple(one.split()) for one in _PROFILE.findall(profiles or ""))
    return Restricted(written, tuple((architectures or "").split()), lists)


@lru_cache(maxsize=1 << 12)
def provided_of(text: str) -> tuple[Alternative, ...]:
    """What a Provides field names. A relation other than ``=`` provides nothing."""
    read = (one.alternative for clause in restricted_clauses(text) for one in clause)
    return tuple(one for one in read if one.operator in {"", "="})
