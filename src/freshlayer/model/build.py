"""Instructions: their state, how they were built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from freshlayer.model.key_identities import Nonce, read_key_identity
from freshlayer.model.reasons import Reason
from freshlayer.model.str_enum import StrEnum

if TYPE_CHECKING:
    from freshlayer.model.packages import PackageVerdict


class InstructionState(StrEnum):
    """The state of an instruction."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


Pairs = tuple[tuple[str, str], ...]
"""Sorted (reference, written key identity) pairs: what a key is made of."""


class Built(Struct, frozen=True, gc=False):
    """What an instruction was last built with. ``dockerfile``: which one was built, if it is another one."""

    pairs: Pairs
    key: str
    dockerfile: str = ""


class LastBuild(Struct, frozen=True, gc=False):
    """The record of an instruction that was built.

    ``chain``: as in InstructionVerdict. ``keys``: those it was built with, newest last. ``seconds``: how long
    it took when it last ran; None if that is not known. ``at``: when that was, in seconds since 1970; 0
    where it is not known.
    """

    chain: str
    keys: tuple[str, ...] = ()
    seconds: float | None = None
    at: int = 0


class StepOutcome(Struct, frozen=True):
    """How an instruction ended in a build: cached, or run in so many seconds, and why.

    ``saved``: what the cache saved, in seconds, estimated by how long it took earlier. ``because`` is None
    where no reason is needed or known; ``expected`` is False where nothing explains it. ``again``: it was
    built before; ``follows``: it ran only because something before it did.
    """

    cached: bool
    seconds: float | None = None
    saved: float | None = None
    because: Reason | None = None
    expected: bool = True
    again: bool = True
    follows: bool = False


class InstructionVerdict(Struct, frozen=True, gc=False):
    """State, reason and key of one instruction. ``key`` is empty where none is injected.

    ``digest``: of the instruction's text, which identifies it in the next build. ``chain``: of it and of all
    before it in its stage, build args included. ``changed``: its own inputs differ from those of the last
    build. ``edited``: its text differs from that of the last build. ``sources``: the labels of the stages
    that it reads or continues. ``mounts``: whether it reads files without copying them. ``outcome``: how it
    ended in a build; None where that is not known. ``packages``: what it installs, by manager.
    """

    line: int
    end_line: int
    stage: str
    instruction: str
    state: InstructionState
    reason: Reason
    key: str = ""
    pairs: Pairs = ()
    digest: str = ""
    chain: str = ""
    changed: bool = False
    edited: bool = False
    sources: tuple[str, ...] = ()
    mounts: bool = False
    outcome: StepOutcome | None = None
    packages: tuple[PackageVerdict, ...] = ()

    @property
    def is_random(self) -> bool:
        """Whether its key is made from a random value, which is not recorded."""
        return any(isinstance(read_key_identity(identity), Nonce) for _, identity in self.pairs)
