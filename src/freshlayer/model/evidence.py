"""Evidence, identities and validators: what origins state about bytes."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.model.str_enum import StrEnum


class Strength(StrEnum):
    """How much a piece of evidence proves about the bytes, strongest first."""

    CONTENT = "content"
    STRONG = "strong"
    CHECKSUM = "checksum"
    WEAK = "weak"
    HEURISTIC = "heuristic"
    SIZE = "size"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return _RANKS[self]


_SHORT_TAG = 16
_SHORT_HASH = 12
_LEAST_HASH = 40
_HEXADECIMAL = frozenset("0123456789abcdef")
_RANKS = {strength: rank for rank, strength in enumerate(Strength)}


class Identity(Struct, frozen=True, gc=False):
    """The evidence that represents the bytes in a key, written ``scheme:value``."""

    scheme: str
    value: str
    strength: Strength

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @classmethod
    def parse(cls, text: str, strength: Strength) -> Identity:
        """Read ``scheme:value``; raises ValueError where there is no scheme."""
        scheme, colon, value = text.partition(":")
        if not (scheme and colon):
            message = f"{text!r} is not an identity (scheme:value)"
            raise ValueError(message)
        return cls(scheme, value, strength)

    @property
    def short(self) -> str:
        """For a line of text: the end of a tag, the start of a digest, a date."""
        match self.scheme:
            case "etag":
                core = self.value.strip("{}-_.:;, ")
                return f'"{self.value}"' if len(self.value) <= _SHORT_TAG or not core else f'"…{core[-4:]}"'
            case "md5":
                return f"{self.scheme}:{self.value[:_SHORT_HASH]}"
            case "manifest":
                return f"sha256:{self.value[:_SHORT_HASH]}…" if _is_hash(self.value) else str(self)
            case "last-modified" | "mtime-s":
                return f"{self.scheme} {_dated(self.value)}"
            case _:
                return f"{self.scheme}:{self.value[:_SHORT_HASH]}" if _is_hash(self.value) else str(self)


def _is_hash(value: str) -> bool:
    return len(value) >= _LEAST_HASH and set(value) <= _HEXADECIMAL


def contrast(old: Identity, new: Identity) -> str:
    """``was "…8555", now "…8333"``, of images ``sha256:… → sha256:…``: as short as the difference allows."""
    before, now = old.short, new.short
    if before == now:
        before, now = f'"{old.value}"', f'"{new.value}"'
    if old.scheme == new.scheme == "manifest":
        return f"{before} → {now}"
    return f"was {before}, now {now}"


def _dated(value: str) -> str:
    """``1700000000/5600`` → ``2023-11-14 22:13:20Z, 5600 bytes``."""
    from datetime import UTC, datetime  # noqa: PLC0415 - for what is printed of a few identities

    moment, _, length = value.partition("/")
    try:
        at = datetime.fromtimestamp(int(moment), tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return value
    return f"{at}, {length} bytes" if length.isdigit() else at


class Evidence(Struct, frozen=True, gc=False):
    """One statement of an origin about the bytes.

    ``hop`` counts redirects from 0; ``ignored``: why the evidence does not count; None where it does.
    ``guessed``: it is of bytes that are only probably those of the recorded identity.
    """

    scheme: str
    value: str
    strength: Strength
    hop: int = 0
    ignored: Reason | None = None
    guessed: bool = False

    @property
    def identity(self) -> Identity:
        """This evidence as an identity."""
        return Identity(self.scheme, self.value, self.strength)


class Validators(Struct, frozen=True, gc=False):
    """What a conditional request sends back, verbatim as the origin sent it (RFC 9110 §13.1)."""

    entity_tag: str = ""
    last_modified: str = ""
