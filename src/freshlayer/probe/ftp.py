"""``ftp`` and ``ftps``: MDTM and SIZE (RFC 3659), then at most a small body."""

from __future__ import annotations

from freshlayer import evidence
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.http.body_digest import observe
from freshlayer.probe.network.exchange import ABSENT, EVIDENT, exchange, reason_of
from freshlayer.probe.network.messages import Conversation, Means, Request
from freshlayer.reference import Reference

# libcurl passes the replies as header lines, and as a body too.
_REPLIES = 4096


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Read date and length; anonymous if neither the URL nor a credential names a user."""
    answer = yield from exchange(Request("HEAD", reference.address, read=_REPLIES), means)
    if answer.error or answer.status not in EVIDENT:
        outcome = ProbeOutcome.ABSENT if answer.status in ABSENT else ProbeOutcome.UNKNOWN
        reason = answer.error or _REASONS.get(answer.status) or reason_of(answer)
        return Observation(reference, outcome, reason)
    found = evidence.of_hops(answer.hops)
    return (yield from observe(reference, recorded, answer, found, Request("GET", reference.address), means))


_REASONS = {
    404: Reason("ftp-not-found"),
    401: Reason("login-refused"),
}
