"""Remote inputs, and what is not watched."""

from msgspec import Struct

from freshlayer.digests import sha256
from freshlayer.model.reasons import Reason
from freshlayer.reference import Reference

SYNTAX = "# syntax"
_RESOLVED_BY_BUILDER = frozenset({"FROM", "COPY --from", "ADD --from", "RUN --mount", SYNTAX})


class ScriptPlace(Struct, frozen=True, gc=False, array_like=True):
    """A line, from 1, of a script that an instruction executes.

    ``path``: relative to the build context, or the absolute one of a file that the Dockerfile itself writes;
    of a script that the instruction downloads, its reference.
    """

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def is_download(path: str) -> bool:
    """Whether the path of a script is the reference of one that is downloaded."""
    return "://" in path


class Place(Struct, frozen=True, gc=False, array_like=True):
    """Where a reference is named: the instruction (its first line, from 1) and the syntax that names it.

    ``script``: where in a script that the instruction executes.
    """

    line: int
    instruction: str
    stage: str
    via: str
    script: ScriptPlace | None = None

    @property
    def resolved_by_builder(self) -> bool:
        """Whether the builder itself resolves the image that is named there, and keys its cache on it."""
        return self.via in _RESOLVED_BY_BUILDER


class RemoteInput(Struct, frozen=True, gc=False):
    """A reference and the places that name it."""

    reference: Reference
    places: tuple[Place, ...]


_FIXED = frozenset(
    {"exact-version", "file-named", "key-by-fingerprint", "decided-by-program", "without-network"}
)
"""Reasons of what can't be other bytes in a new run: another command or another image would read others."""


class NotWatched(Struct, frozen=True, array_like=True):
    """Something that an instruction reads from the network and that is not probed, with the reason.

    ``accepted``: the Dockerfile accepts that, by a comment or by a checksum.
    ``warns``: it is watched, but a new run of the instruction may not download it. ``covered_by``: the
    reference, which is watched, whose answer decides it. ``locked_by``: the file of the build context that
    names all of it with its bytes; COPY keys on that file. ``script``: where in a script that the
    instruction executes.
    """

    line: int
    instruction: str
    text: str
    reason: Reason
    accepted: bool = False
    warns: bool = False
    covered_by: str = ""
    locked_by: str = ""
    script: ScriptPlace | None = None

    @property
    def is_covered(self) -> bool:
        """Whether something else that is watched, or that a layer is keyed on, decides it."""
        return bool(self.covered_by) or self.is_locked

    @property
    def is_locked(self) -> bool:
        """Whether a lock file, the command itself or the image before it decides what is read."""
        return bool(self.locked_by) or self.reason.code in _FIXED

    @property
    def digest(self) -> str:
        """Equal where only the line differs. The text itself may hold a credential, and is not recorded."""
        parts = f"{self.instruction}\x00{self.text}\x00{self.reason.code}"
        return sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Advice(Struct, frozen=True):
    """A better order of instructions, or a better install; ``line`` is where it would change.

    ``code``: of the reasons; that of the order of instructions where none is named.
    """

    line: int
    text: str
    code: str = "instruction-order"
