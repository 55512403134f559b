"""What happened, and when: an input got another identity, a build ended."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.build import Pairs
from freshlayer.model.evidence import Evidence, Identity
from freshlayer.model.observation import Change


class ObservationEvent(Struct, frozen=True):
    """A reference got an identity, or another one. ``at`` in seconds since 1970."""

    reference: str
    at: int
    identity: Identity
    evidence: tuple[Evidence, ...]
    verdict: Change


class InstructionEvent(Struct, frozen=True, array_like=True):
    """What a build did with one instruction. ``digest`` of its text, which may hold a credential.

    ``outcome``: ran, cached or unknown. ``saved``: what the cache saved. ``cause``: a reason code.
    """

    stage: str
    line: int
    digest: str
    outcome: str
    seconds: float | None = None
    saved: float | None = None
    key: str = ""
    cause: str = ""


class BuildEvent(Struct, frozen=True):
    """A build ended. ``result``: built, failed, or inputs-changed where an input changed meanwhile.

    ``took_up``: the inputs whose identity no earlier build of these instructions had.
    """

    dockerfile: str
    platform: str
    builder: str
    engine: str
    at: int
    result: str
    instructions: tuple[InstructionEvent, ...] = ()
    took_up: Pairs = ()

    @property
    def seconds(self) -> float:
        """How long the instructions that ran took, together."""
        return sum(it.seconds or 0 for it in self.instructions if it.outcome == "ran")

    @property
    def saved(self) -> float:
        """How long those that were cached would have taken, as far as that is known."""
        return sum(it.saved or 0 for it in self.instructions)


class History(Struct, frozen=True):
    """Both, newest first."""

    changes: tuple[ObservationEvent, ...] = ()
    builds: tuple[BuildEvent, ...] = ()
