"""Response headers → evidence, strongest first → identity. Pure.

The order of evidence is one list (``readers.ROWS``, ``model.Strength``); a new vendor's header is a new row.
"""

from freshlayer.evidence.doubts import agree, contradicts, has_new_tag
from freshlayer.evidence.entity_tag import core_of
from freshlayer.evidence.headers import coding, content_type, of_hops, total_length, validators
from freshlayer.evidence.hop import Hop
from freshlayer.evidence.order import (
    BODY_DIGEST,
    CODED,
    Comparison,
    compare,
    in_order,
    is_revalidated,
    strongest,
    unconfirmed,
    union,
    unsettled,
    wants_body,
    without_weak,
)
from freshlayer.evidence.warnings import (
    is_aged,
    is_redirected,
    is_young,
    note,
    redirect_warning,
    warnings_for,
    warnings_of,
)

__all__ = [
    "BODY_DIGEST",
    "CODED",
    "Comparison",
    "Hop",
    "agree",
    "coding",
    "compare",
    "content_type",
    "contradicts",
    "core_of",
    "has_new_tag",
    "in_order",
    "is_aged",
    "is_redirected",
    "is_revalidated",
    "is_young",
    "note",
    "of_hops",
    "redirect_warning",
    "strongest",
    "total_length",
    "unconfirmed",
    "union",
    "unsettled",
    "validators",
    "wants_body",
    "warnings_for",
    "warnings_of",
    "without_weak",
]
