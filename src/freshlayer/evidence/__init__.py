"""Response headers → evidence, strongest first → identity. Pure.

The order of evidence is one list (``readers.ROWS``, ``model.Strength``); a new vendor's header is a new row.
"""

from freshlayer.evidence.caveats import (
    caveats,
    is_aged,
    is_redirected,
    is_young,
    redirected,
    said,
    told,
)
from freshlayer.evidence.doubts import agree, doubt_of_304, has_new_tag
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

__all__ = [
    "BODY_DIGEST",
    "CODED",
    "Comparison",
    "Hop",
    "agree",
    "caveats",
    "coding",
    "compare",
    "content_type",
    "core_of",
    "doubt_of_304",
    "has_new_tag",
    "in_order",
    "is_aged",
    "is_redirected",
    "is_revalidated",
    "is_young",
    "of_hops",
    "redirected",
    "said",
    "strongest",
    "told",
    "total_length",
    "unconfirmed",
    "union",
    "unsettled",
    "validators",
    "wants_body",
    "without_weak",
]
