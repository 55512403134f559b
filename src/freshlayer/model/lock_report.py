"""What commands that read or write a lock file report."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.str_enum import StrEnum


class LockChangeKind(StrEnum):
    """How a lock file and something else differ; published in ``docs/schema/lock-report.json``.

    ``CHANGED``: the origin states another identity. ``ADDED``: a Dockerfile reads it, and the lock file does
    not have it. ``REMOVED``: the lock file has it, and no Dockerfile reads it. ``ABSENT``: the origin does
    not have it any more. ``UNKNOWN``: the origin gave no answer. ``BYTES``: the body is another one, whatever
    the origin states of it. ``FROZEN``: it changed, and is left as it is.
    """

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    BYTES = "bytes"
    FROZEN = "frozen"


class LockChange(Struct, frozen=True, order=True):
    """One difference. ``subject``: a reference, a package URL, commands, or what is not watched.

    ``used_by``: the instructions, written. ``before``, ``after``: as a person reads them: a version, a
    commit, a digest. ``detail``: a reason, or where the changes are listed.
    """

    kind: LockChangeKind
    subject: str
    used_by: tuple[str, ...] = ()
    platform: str = ""
    before: str = ""
    after: str = ""
    detail: str = ""


class LockCounts(Struct, frozen=True):
    """By what the inputs of a lock file are known. ``unwatched``: what no lock covers and no comment accepts.

    ``packages``: each by its version and the hash that its index states.
    """

    inputs: int = 0
    content: int = 0
    strong: int = 0
    weak: int = 0
    not_covered: int = 0
    packages: int = 0
    packages_not_covered: int = 0
    unwatched: int = 0

    @property
    def uncovered(self) -> int:
        """All that is not covered."""
        return self.not_covered + self.packages_not_covered + self.unwatched


class LockReport(Struct, frozen=True):
    """``path``: of the lock file. ``hashed``: how many bodies were downloaded and compared."""

    path: str
    counts: LockCounts
    changes: tuple[LockChange, ...] = ()
    hashed: int = 0
