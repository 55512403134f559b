"""Remote inputs, and what is not watched."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

_RESOLVED_BY_BUILDER = frozenset({"FROM", "COPY --from", "RUN --mount"})


class Place(Struct, frozen=True):
    """Where a reference is named: the instruction (its first line, from 1) and the syntax that names it."""

    line: int
    instruction: str
    stage: str
    via: str

    @property
    def resolved_by_builder(self) -> bool:
        """Whether the builder itself resolves the image that is named there, and keys its cache on it."""
        return self.via in _RESOLVED_BY_BUILDER


class RemoteInput(Struct, frozen=True):
    """A reference and the places that name it."""

    reference: Reference
    places: tuple[Place, ...]


class NotWatched(Struct, frozen=True):
    """Something that an instruction reads from the network and that is not probed, with the reason.

    ``accepted``: the Dockerfile accepts that, by a comment or by a checksum.
    ``warns``: it is watched, but a new run of the instruction may not download it. ``covered_by``: the
    reference, which is watched, whose answer decides it.
    """

    line: int
    instruction: str
    text: str
    reason: Reason
    accepted: bool = False
    warns: bool = False
    covered_by: str = ""


class Advice(Struct, frozen=True):
    """A better order of instructions; ``line`` is where it would change."""

    line: int
    text: str
