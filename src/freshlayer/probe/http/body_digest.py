"""A small body is hashed if the metadata prove nothing (rule 2 of ARCHITECTURE.md), for any protocol."""

from __future__ import annotations

from collections.abc import Generator

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import WHOLE, exchange, status_line
from freshlayer.probe.network.messages import Answer, Conversation, Means, Request, Step
from freshlayer.reference import Reference


def observe(
    reference: Reference,
    recorded: Recorded | None,
    answer: Answer,
    found: tuple[Evidence, ...],
    request: Request,
    means: Means,
) -> Conversation:
    """The observation of an answer; with the digest of the body that ``request`` gets, if it is wanted."""
    last = answer.hops[-1]
    validators = evidence.validators(last, found)
    hashed = False
    limit = means.limits.hash_up_to
    if evidence.wants_body(found, recorded, evidence.total_length(last), limit):
        wanted = replace(request, method="GET", read=limit, digest=True)
        body = yield from exchange(wanted, means)
        whole = body.status in WHOLE and not body.error
        if whole and (yield from _is_made_up(recorded, body, wanted, means)):
            return Observation(reference, ProbeOutcome.UNKNOWN, Reason("unstable-evidence"))
        if whole:
            # The headers of a body that was too large also show whether a tag is made up.
            last, found = body.hops[-1], _hashed(body, found)
            hashed = bool(body.digest)
            validators = evidence.validators(last, found)
        if whole and body.digest and evidence.is_young(last):
            # Another change may follow under the same date and tag: the next probe reads the bytes again.
            found = evidence.without_weak(found, Reason("file-too-young"))
            validators = Validators()
    stated = evidence.strongest(found) is not None
    reason = Reason("observed", detail=status_line(last.status)) if stated else Reason("no-evidence")
    media = evidence.content_type(last)
    return Observation(reference, ProbeOutcome.SEEN, reason, found, validators, media, hashed=hashed)


def _is_made_up(
    recorded: Recorded | None, body: Answer, wanted: Request, means: Means
) -> Generator[Step, Answer, bool]:
    """Whether a content that is not the recorded one is another again a moment later."""
    scheme = _scheme(body)
    known = [e.value for e in recorded.evidence if e.scheme == scheme] if recorded else []
    found = evidence.strongest(evidence.of_hops(body.hops))
    if (
        not known
        or not body.digest
        or body.digest in known
        or (found is not None and found.strength is not Strength.SIZE)
    ):
        return False
    again = yield from exchange(wanted, means)
    return bool(again.digest) and again.digest != body.digest


def _hashed(body: Answer, before: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The evidence of a body; a tag that the answer before did not have does not count."""
    stated = evidence.unsettled(evidence.of_hops(body.hops), before)
    digest = Evidence(_scheme(body), body.digest, Strength.CONTENT, len(body.hops) - 1)
    return (digest, *stated) if body.digest else stated


def _scheme(body: Answer) -> str:
    """Compressed bytes have a digest of their own scheme, never compared with that of the plain bytes."""
    coding = evidence.coding(body.hops[-1])
    return f"{evidence.CODED}{coding}" if coding else evidence.BODY_DIGEST
