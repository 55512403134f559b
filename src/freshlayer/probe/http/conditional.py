"""A request with the recorded entity tag as its condition; without it where the 304 contradicts that."""

from __future__ import annotations

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model.observation import Recorded
from freshlayer.probe.network.exchange import exchange
from freshlayer.probe.network.messages import Means, Request, Talk

NOT_MODIFIED = 304


def conditionally(request: Request, recorded: Recorded | None, means: Means) -> Talk:
    """The answer: 304 only where a condition was sent and the answer does not contradict it."""
    tag = recorded.validators.entity_tag if recorded else ""
    if recorded is None or not tag:
        return (yield from exchange(request, means))
    headers = (*request.headers, f"If-None-Match: {tag}")
    answer = yield from exchange(replace(request, headers=headers), means)
    if answer.status == NOT_MODIFIED and evidence.contradicts(recorded, answer.hops):
        answer = yield from exchange(request, means)
    return answer
