"""``http`` and ``https``: HEAD, then a ranged GET, then at most a small body."""

from __future__ import annotations

from collections.abc import Generator

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model.evidence import Evidence, Strength, Validators
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.network.exchange import ABSENT, EVIDENT, WHOLE, exchange, reason_of, request_of
from freshlayer.probe.network.messages import Answer, Conversation, Means, Request, Step, Talk
from freshlayer.reference import Reference, is_signed

_NOT_MODIFIED = 304
_PROXY = 407
_NOT_IN_RANGE = 416
_HASHES = {Strength.CONTENT, Strength.CHECKSUM}
_BUSY = {429, 503}
_PEEK = 64 * 1024
_CONDITION = "If-None-Match:"
_RANGE = "Range: bytes=0-0"

_SAME = Reason("not-modified")

_Two = Generator[Step, Answer, tuple[Answer, Answer]]
"""The answer to HEAD, and the one that counts."""


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what an HTTP origin states about the bytes of a URL."""
    request = request_of(reference)
    if recorded is not None and request.url.startswith("http:") and _was_direct(recorded):
        request = replace(request, direct=True)
    return learn(request, reference, recorded, means)


def _was_direct(recorded: Recorded) -> bool:
    """Whether nothing was redirected: the last answer of a chain has a length or a date, if anything."""
    return bool(recorded.evidence) and not any(it.hop for it in recorded.evidence)


def learn(request: Request, reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what an origin states about the answer to a GET ``request``, with little traffic."""
    conditional = _conditional(recorded.validators if recorded else Validators())
    head, answer = yield from _ladder(replace(request, headers=request.headers + conditional), means)
    if recorded is not None and conditional and answer.status == _NOT_MODIFIED and not answer.error:
        if not evidence.contradicts(recorded, answer.hops):
            warnings = (*evidence.warnings_of(answer.hops), *evidence.redirect_warning(answer.hops))
            return Observation(reference, ProbeOutcome.NOT_MODIFIED, _SAME, warnings)
        # A HEAD that may be wrong is compared with a GET, as when a full answer is due.
        recorded = replace(recorded, full_answer=0)
        head, answer = yield from _ladder(request, means)
    if answer.error or answer.status not in EVIDENT:
        return _failed(reference, head, answer)
    return (yield from _learned(request, reference, recorded, means, (head, answer)))


def _learned(
    request: Request,
    reference: Reference,
    recorded: Recorded | None,
    means: Means,
    answers: tuple[Answer, Answer],
) -> Conversation:
    """The observation of a full answer."""
    from freshlayer.probe.http.body_digest import observe  # noqa: PLC0415 - most origins answer 304
    from freshlayer.probe.http.pages import in_place_of_file  # noqa: PLC0415 - the same
    from freshlayer.probe.http.redirects import end_of  # noqa: PLC0415 - the same

    head, answer = answers
    answer, found = yield from _settled(recorded, head, answer, request, means)
    if answer.status not in EVIDENT:
        return _failed(reference, head, answer)
    page = yield from in_place_of_file(reference, recorded, answer, found, request, means)
    if page:
        return Observation(reference, ProbeOutcome.UNKNOWN, page)
    seen = yield from observe(reference, recorded, answer, found, request, means)
    return replace(seen, served_by=end_of(request.url, answer.hops))


def _ladder(request: Request, means: Means) -> _Two:
    """HEAD, and a ranged GET if HEAD is refused or has no evidence.

    A presigned URL is signed for GET alone: HEAD would be refused, and is not sent.
    """
    head = Answer()
    if not is_signed(request.url):
        head = yield from exchange(replace(request, method="HEAD"), means)
        if not _needs_get(head, request):
            return head, head
    return head, (yield from _got(request, means))


def _got(request: Request, means: Means) -> Talk:
    """The answer to a GET of one byte; of a server without ranges, at most 64 KiB of the body are read."""
    wanted = replace(request, method="GET", read=_PEEK)
    answer = yield from exchange(replace(wanted, headers=(*request.headers, _RANGE)), means)
    if answer.status == _NOT_IN_RANGE and evidence.total_length(answer.hops[-1]) != 0:
        # An empty file states a length of 0.
        answer = yield from exchange(wanted, means)
    return answer


def _needs_get(head: Answer, request: Request) -> bool:
    """Whether a GET follows: servers that answer GET refuse HEAD in many ways; some close the connection.

    A busy origin with Retry-After gets no second request at once. A redirect that is not followed is an
    answer, and a proxy that requires a credential requires it for GET too.
    """
    if head.error:
        return head.transient and not head.hops
    status = head.status
    # Our own condition is the last header.
    if status == _NOT_MODIFIED and any(map(_is_condition, reversed(request.headers))):
        return False
    if status not in WHOLE:
        patient = status in _BUSY and bool(head.hops and head.hops[-1].all("retry-after"))
        elsewhere = bool(head.hops and head.hops[-1].all("location"))
        return not (patient or elsewhere or status == _PROXY)
    found = evidence.strongest(evidence.of_hops(head.hops))
    empty = evidence.total_length(head.hops[-1]) == 0
    return empty or found is None or found.strength is Strength.SIZE


def _is_condition(header: str) -> bool:
    return header.startswith(_CONDITION)


def _settled(
    recorded: Recorded | None, head: Answer, answer: Answer, request: Request, means: Means
) -> Generator[Step, Answer, tuple[Answer, tuple[Evidence, ...]]]:
    """The answer that counts, and its evidence.

    A tag that was never recorded is requested once more: one that differs at every request would make a key
    that no other machine ever derives. The HEAD of a file that is new or changed is compared with a ranged
    GET, which counts if they differ.
    """
    found = evidence.of_hops(answer.hops)
    if answer is not head:
        again = answer
        if not evidence.has_new_tag(found, recorded):
            return answer, found
    elif _is_enough(recorded, answer, found, means.limits.hash_up_to):
        return answer, evidence.unconfirmed(found) if _states_hash(found) else found
    else:
        again = yield from _got(request, means)
        if again.status in ABSENT and not again.error:
            return again, ()
        usable = again.status in EVIDENT and not again.error
        if not usable or evidence.agree(answer.hops, again.hops):
            return answer, found
    third = yield from _got(request, means)
    known = evidence.of_hops(third.hops) if third.status in EVIDENT else ()
    return again, evidence.unsettled(evidence.of_hops(again.hops), known)


def _is_enough(recorded: Recorded | None, head: Answer, found: tuple[Evidence, ...], hash_up_to: int) -> bool:
    """Whether an answer to HEAD needs no GET: it states a hash, did not change, or the body is read next."""
    if recorded is not None and recorded.full_answer == 0:
        return False
    if evidence.wants_body(found, recorded, evidence.total_length(head.hops[-1]), hash_up_to):
        return True
    if recorded is None:
        return _states_hash(found)
    compared = evidence.compare(recorded.evidence, found)
    if compared.new is not None and compared.new.strength in _HASHES:
        return True
    return compared.same is True and not evidence.has_new_tag(found, recorded)


def _states_hash(found: tuple[Evidence, ...]) -> bool:
    best = evidence.strongest(found)
    return best is not None and best.strength in _HASHES


def _conditional(validators: Validators) -> tuple[str, ...]:
    """RFC 9110 §13.1.2. A date is never sent: an origin that returned to an older file answers 304 too."""
    return (f"{_CONDITION} {validators.entity_tag}",) if validators.entity_tag else ()


def _failed(reference: Reference, head: Answer, answer: Answer) -> Observation:
    from freshlayer.probe.http.redirects import not_followed  # noqa: PLC0415 - most origins answer 304

    redirect = not_followed(reference, answer)
    if redirect is not None:
        return redirect
    absent = answer.status in ABSENT and not answer.error
    reason = reason_of(answer)
    if answer is not head:
        reason = _of_both(None if head == Answer() else reason_of(head), reason)
    return Observation(reference, ProbeOutcome.ABSENT if absent else ProbeOutcome.UNKNOWN, reason)


def _of_both(head: Reason | None, got: Reason) -> Reason:
    """The reason of the ranged GET, which decides, with what HEAD returned."""
    if head is None or head == got:
        methods = "ranged GET" if head is None else "HEAD and ranged GET"
        return replace(got, detail=f"{got.what} for {methods}")
    return replace(got, detail=f"{head.what} for HEAD, {got.what} for ranged GET")
