"""Headers that contradict each other."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.model.evidence import Evidence
from freshlayer.model.reasons import Reason


def without_conflicts(found: list[Evidence]) -> list[Evidence]:
    """Of two different digests of one scheme the better one counts; if they are equally good, neither does.

    A computed digest counts before one that an uploader claims, then a later hop before an earlier one: the
    bytes come from the last hop.
    """
    if not found:
        return found
    counting = [item for item in found if not item.ignored]
    return [_checked(item, counting) for item in found]


def _checked(item: Evidence, others: list[Evidence]) -> Evidence:
    rivals = [other for other in others if other.scheme == item.scheme and other.value != item.value]
    if item.ignored or all(_place(other) < _place(item) for other in rivals):
        return item
    return replace(
        item, ignored=Reason("digest-conflict", detail=f"the origin states another {item.scheme} too")
    )


def _place(item: Evidence) -> tuple[int, int]:
    return -item.strength.rank, item.hop
