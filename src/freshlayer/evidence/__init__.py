"""Response headers → evidence, strongest first → identity. Pure.

The order of evidence is one list (``headers.ROWS``, ``model.Strength``); a new vendor's header is a new row.
"""

from freshlayer.evidence.headers import Hop, of_hops, total_length, validators
from freshlayer.evidence.order import BODY_DIGEST, Comparison, compare, strongest, union, wants_body

__all__ = [
    "BODY_DIGEST",
    "Comparison",
    "Hop",
    "compare",
    "of_hops",
    "strongest",
    "total_length",
    "union",
    "validators",
    "wants_body",
]
