"""Headers that contradict each other."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer.model.evidence import Evidence


def without_conflicts(found: list[Evidence]) -> list[Evidence]:
    """Of two different digests of one scheme the better one counts; if they are equally good, neither does.

    What an origin computes counts before what an uploader claims; else the later hop before the earlier one,
    because the bytes come from there.
    """
    counting = [item for item in found if not item.ignored]
    return [_checked(item, counting) for item in found]


def _checked(item: Evidence, others: list[Evidence]) -> Evidence:
    rivals = [other for other in others if other.scheme == item.scheme and other.value != item.value]
    if item.ignored or all(_place(other) < _place(item) for other in rivals):
        return item
    return replace(item, ignored=f"the origin states another {item.scheme} too")


def _place(item: Evidence) -> tuple[int, int]:
    return -item.strength.rank, item.hop
