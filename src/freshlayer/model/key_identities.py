"""What represents an input in a key: its identity, or a mark in place of it. Pure.

The written forms, known here alone: ``scheme:value``, ``unseen``, ``nonce:…``, ``scheme:value~times``.
"""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.evidence import Identity, Strength


class Unseen(Struct, frozen=True):
    """The input was never observed (rule 4 of ARCHITECTURE.md)."""

    def __str__(self) -> str:
        return "unseen"


class Nonce(Struct, frozen=True):
    """A random value: the input could not be probed, and ``--on-unknown`` is rebuild. It is not recorded."""

    value: str

    def __str__(self) -> str:
        return f"nonce:{self.value}"


class Tainted(Struct, frozen=True):
    """An identity that a build may have confused with another version, so many times (rule 9)."""

    identity: Identity
    times: int

    def __str__(self) -> str:
        return f"{self.identity}~{self.times}"


_MOST_DIGITS = 9
KeyIdentity = Identity | Unseen | Nonce | Tainted


def read_key_identity(text: str) -> KeyIdentity:
    """Read a written form. Raises ValueError if it has no scheme."""
    if text == "unseen":
        return Unseen()
    if text.startswith("nonce:"):
        return Nonce(text.removeprefix("nonce:"))
    plain, tilde, times = text.rpartition("~")
    if tilde and times.isascii() and times.isdecimal() and len(times) <= _MOST_DIGITS:
        return Tainted(Identity.parse(plain, Strength.NONE), int(times))
    return Identity.parse(text, Strength.NONE)
