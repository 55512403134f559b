"""What a store holds, as it is listed. Pure."""

from __future__ import annotations

from msgspec import Struct


class RecordedDockerfile(Struct, frozen=True):
    """``name``: its path, with ``#target`` in a composition. ``last_built`` in seconds since 1970, else 0.

    ``instructions``: how many records of last builds there are.
    """

    name: str
    instructions: int
    last_built: int


class RecordedReference(Struct, frozen=True):
    """``probed``: when its origin last answered, in seconds since 1970."""

    reference: str
    identity: str
    probed: int


class Inventory(Struct, frozen=True):
    """``references`` and ``dockerfiles`` may be fewer than their numbers. ``size`` in bytes."""

    dockerfiles: tuple[RecordedDockerfile, ...] = ()
    references: tuple[RecordedReference, ...] = ()
    dockerfile_count: int = 0
    reference_count: int = 0
    event_count: int = 0
    size: int = 0
