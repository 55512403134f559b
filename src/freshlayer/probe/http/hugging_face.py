"""Hugging Face states a large file's SHA-256 on the answer that redirects to its CDN, whose tag differs."""

from __future__ import annotations

import re

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.evidence import Hop
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http import ladder as http
from freshlayer.probe.network.exchange import exchange, request_of, status_line
from freshlayer.probe.network.messages import Conversation, Means
from freshlayer.reference import Reference


def first_hop(
    _match: re.Match[str], reference: Reference, recorded: Recorded | None, means: Means
) -> Conversation:
    """The hash on the first answer, which is not followed; a small file's entity tag where there is none."""
    answer = yield from exchange(replace(request_of(reference), method="HEAD", follow=False), means)
    if answer.hops and answer.hops[-1].one("x-linked-etag"):
        # Read as a redirect: its other headers describe its own empty content.
        found = evidence.of_hops((*answer.hops, Hop(0, ())))
        if evidence.strongest(found):
            reason = Reason("observed", detail=status_line(answer.status))
            return Observation(reference, ProbeOutcome.SEEN, reason, found)
    return (yield from http.probe(reference, recorded, means))
