"""A prefix of an object store: its identity is the sorted list of its objects and their tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from msgspec import Struct

from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import ABSENT, exchange, reason_of
from freshlayer.probe.network.messages import MIB, Conversation, Means, Request
from freshlayer.reference import Reference

MOST_PAGES = 10
PAGE = 1000
"""Objects on a page: the maximum of all three vendors."""

LARGEST_PAGE = 4 * MIB


class Page(Struct, frozen=True):
    """``entries``: (name, tag) pairs. ``after``: where the next page starts; empty on the last one.

    ``strength``: the strength of its weakest tag. It is never *content*: a store's entity tag need not be a
    hash, and may be a hash once and a revision later.
    """

    entries: tuple[tuple[str, str], ...]
    after: str = ""
    strength: Strength = Strength.STRONG


def probe(
    reference: Reference,
    request: Callable[[str], Request],
    read: Callable[[bytes], Page | None],
    means: Means,
) -> Conversation:
    """Page after page, bounded. ``request``: for the page after a mark; ``read``: None for no listing."""
    pages: list[Page] = []
    after = ""
    while len(pages) < MOST_PAGES:
        answer = yield from exchange(request(after), means)
        if answer.error or answer.status != 200:
            absent = answer.status in ABSENT and not answer.error
            outcome = ProbeOutcome.ABSENT if absent else ProbeOutcome.UNKNOWN
            return Observation(reference, outcome, reason_of(answer))
        page = read(answer.body)
        if page is None:
            large = answer.length > LARGEST_PAGE
            reason = Reason("listing-too-large" if large else "listing-invalid")
            return Observation(reference, ProbeOutcome.UNKNOWN, reason)
        pages.append(page)
        after = page.after
        if not after:
            return _observed(reference, pages)
    detail = f"the prefix has more than {MOST_PAGES * PAGE} objects, and no more are listed"
    return Observation(reference, ProbeOutcome.UNKNOWN, Reason("listing-too-large", detail=detail))


def _observed(reference: Reference, pages: list[Page]) -> Observation:
    entries = sorted(entry for page in pages for entry in page.entries)
    if not entries:
        return Observation(reference, ProbeOutcome.ABSENT, Reason("prefix-empty"))
    text = json.dumps(entries, separators=(",", ":"))
    weakest = max((page.strength for page in pages), key=lambda strength: strength.rank)
    found = Evidence("listing", hashlib.sha256(text.encode()).hexdigest(), weakest)
    detail = f"a list of {len(entries)} object{'' if len(entries) == 1 else 's'}"
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed", detail=detail), (found,))
