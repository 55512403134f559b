"""Whose turn it is to probe a reference, where several processes share the work. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Turn(Struct, frozen=True):
    """``wait``: seconds until the next one. ``errors``: how many probes in a row failed.

    ``rest``: seconds for which the origin wants no request.
    """

    wait: float
    errors: int
    rest: float = 0.0


class Taken(Struct, frozen=True):
    """``mine``: reference → its errors in a row. ``others``: reference → seconds until its turn."""

    mine: Mapping[str, int]
    others: Mapping[str, float]
