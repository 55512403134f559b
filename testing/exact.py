"""A value with all that is in it, for comparison: references that are equal may be requested differently."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


def exact(value: object) -> object:
    """Types and fields, down to texts and numbers. Mappings of any type are one."""
    if isinstance(value, Struct):
        fields = [exact(getattr(value, name)) for name in value.__struct_fields__]
        return (type(value).__name__, *fields)
    if isinstance(value, Mapping):
        return [(exact(key), exact(item)) for key, item in value.items()]
    if isinstance(value, frozenset):
        return sorted(map(repr, map(exact, value)))
    if isinstance(value, tuple | list):
        return [type(value).__name__, *map(exact, value)]
    return (type(value).__name__, str(value) if isinstance(value, Enum) else value)
