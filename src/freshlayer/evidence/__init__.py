"""Response headers → evidence, strongest first → identity. Pure.

The order of evidence is one list (``readers.ROWS``, ``model.Strength``); a new vendor's header is a new row.
"""

from freshlayer.evidence.headers import is_young, of_hops, total_length, validators
from freshlayer.evidence.hop import Hop
from freshlayer.evidence.order import (
    BODY_DIGEST,
    Comparison,
    compare,
    in_order,
    strongest,
    union,
    unsettled,
    wants_body,
    without_weak,
)

__all__ = [
    "BODY_DIGEST",
    "Comparison",
    "Hop",
    "compare",
    "in_order",
    "is_young",
    "of_hops",
    "strongest",
    "total_length",
    "union",
    "unsettled",
    "validators",
    "wants_body",
    "without_weak",
]
