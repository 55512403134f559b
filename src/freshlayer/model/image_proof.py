"""What the provenance of an image proves about a lock file."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.lock import LockUser
from freshlayer.model.str_enum import StrEnum


class Proof(StrEnum):
    """Whether an instruction of an image was built with exactly the locked inputs.

    ``UNKNOWN``: the image has no provenance, or one without the parameters of the build.
    """

    PROVEN = "proven"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class ProvenInstruction(Struct, frozen=True, order=True):
    """An instruction that has a key, and what the image proves of it. ``line``: in the Dockerfile of now."""

    user: LockUser
    line: int
    key: str
    proof: Proof


class ImageProof(Struct, frozen=True):
    """``image``: as typed. ``digest``: what its name leads to. ``missing``: why nothing is known.

    ``other_bytes``: locked URLs of which the build received other bytes, as its provenance states.
    """

    image: str
    digest: str
    instructions: tuple[ProvenInstruction, ...] = ()
    missing: str = ""
    other_bytes: tuple[str, ...] = ()
