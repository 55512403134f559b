"""What the service knows of a Dockerfile: since when it is stale, why, which triggers fired. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from freshlayer.model.build import Pairs
from freshlayer.model.str_enum import StrEnum

SLOT = 6 * 3600
"""Seconds."""

SLOTS = 56
"""So many are kept: 14 days."""


class CauseKind(StrEnum):
    """What changed. A security update is a package whose version a security suite or updateinfo marks."""

    BASE = "base"
    SECURITY = "security"
    PACKAGE = "package"
    INPUT = "input"


class Cause(Struct, frozen=True, order=True):
    """An input that is not what its instruction was built with.

    ``identity``: what it is now, as it is written in keys; empty where the instruction reads it no more.
    """

    reference: str
    identity: str
    kind: CauseKind
    line: int


class Fired(Struct, frozen=True):
    """The last message of a trigger. ``key``: its idempotency key. ``at``: when it was made.

    ``pairs``: those that it named and that are causes still.
    """

    key: str
    at: int
    pairs: Pairs = ()


class Waiting(Struct, frozen=True):
    """A trigger that has not fired for ``pairs`` yet.

    ``first``: since when it has not fired for a cause. ``last``: when ``pairs`` changed.
    """

    pairs: Pairs
    first: int
    last: int


class Recovery(Struct, frozen=True):
    """How an image became fresh again. ``triggered``: when the last trigger fired; 0 if none did.

    ``references``: the first of what it was stale by.
    """

    stale: int
    triggered: int
    fresh: int
    references: tuple[str, ...] = ()


class Standing(Struct, frozen=True):
    """Of one Dockerfile. Times are in seconds since 1970.

    ``stale_since``: 0 while it is fresh. ``changed_at``: when ``causes`` last changed. ``baseline``: stage
    and digest of an instruction without a recorded build → what it counts as built with: at first what it
    read when it was first seen. ``seen``: what it read at the last judgement. ``fired``, ``waiting``: by the
    name of the trigger. ``count``: how often ``causes`` changed; part of idempotency keys. ``turn``: how it
    last became fresh; None where it never was stale.
    """

    dockerfile: str
    stale_since: int = 0
    changed_at: int = 0
    causes: tuple[Cause, ...] = ()
    baseline: Mapping[str, Pairs] = field(default_factory=dict)
    seen: Mapping[str, Pairs] = field(default_factory=dict)
    fired: Mapping[str, Fired] = field(default_factory=dict)
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    count: int = 0
    turn: Recovery | None = None


class Counts(Struct, frozen=True):
    """The most images that were in a state within one slot. ``slot``: seconds since 1970 // ``SLOT``."""

    slot: int
    stale: int
    unknown: int
    never: int

    def worst(self, other: Counts) -> Counts:
        """Of both."""
        return Counts(
            self.slot,
            max(self.stale, other.stale),
            max(self.unknown, other.unknown),
            max(self.never, other.never),
        )

    @property
    def total(self) -> int:
        """Images that are not fresh."""
        return self.stale + self.unknown + self.never


class Message(Struct, frozen=True):
    """What a trigger delivers. ``key``: the idempotency key. ``body``: JSON. ``tries``: so far."""

    trigger: str
    key: str
    dockerfile: str
    body: str
    tries: int = 0
