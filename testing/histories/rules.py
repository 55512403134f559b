"""How builders differ in what they build at all."""

from __future__ import annotations

from testing.builders.base import Builder


def builds_every_earlier(builder: Builder) -> bool:
    """Measured: the classic builder goes through all stages up to the target, whoever needs them."""
    return "classic" in builder.name
