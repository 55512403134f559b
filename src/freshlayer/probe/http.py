"""``http`` and ``https``: HEAD, then a ranged GET, then at most a small body."""

from __future__ import annotations

import random
import re
from collections.abc import Generator
from urllib.parse import urlsplit

from freshlayer import __version__, evidence
from freshlayer.evidence import Hop
from freshlayer.model import Evidence, Observation, Outcome, Recorded, Strength, Validators
from freshlayer.probe.wire import Answer, Conversation, Limits, Pause, Request, Step
from freshlayer.reference import Reference

_HEADERS = (
    f"User-Agent: freshlayer/{__version__}",
    "Accept: */*",
    # What is hashed and measured has to be the file itself, and no cache's memory of it.
    "Accept-Encoding: identity",
    "Cache-Control: no-cache",
    "Want-Repr-Digest: sha-256=9, sha-512=5",
)
_HEAD_REFUSED = {400, 403, 404, 405, 406, 411, 500, 501}
_ABSENT = {404, 410}
_WHOLE = {200, 203}
_EVIDENT = {*_WHOLE, 206, 416}
_RETRY = {429, 502, 503, 504}
_NOT_MODIFIED = 304
_PEEK = 64 * 1024
_TRIES = 2
_NO_PAGES = (
    ".gz",
    ".tgz",
    ".xz",
    ".bz2",
    ".zst",
    ".zip",
    ".tar",
    ".deb",
    ".rpm",
    ".jar",
    ".whl",
    ".bin",
    ".exe",
)
_LONGEST_WAIT = 10.0
_NAMES = {
    400: "Bad Request",
    401: "Unauthorized: it wants a credential",
    403: "Forbidden",
    404: "Not Found",
    407: "Proxy Authentication Required",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

Talk = Generator[Step, Answer, Answer]


def ask(reference: Reference, recorded: Recorded | None, limits: Limits) -> Conversation:
    """Learn what an HTTP origin says about the bytes; a body is read only where nothing else tells."""
    conditional = _conditional(recorded.validators if recorded else Validators())
    head = yield from _patiently(Request("HEAD", reference.ask, _HEADERS + conditional))
    answer = head
    if _needs_get(head):
        ranged = Request("GET", reference.ask, (*_HEADERS, *conditional, "Range: bytes=0-0"), _PEEK)
        answer = yield from _patiently(ranged)
    if answer.status == _NOT_MODIFIED and conditional:
        return Observation(reference, Outcome.NOT_MODIFIED, "not modified")
    if answer.error or answer.status not in _EVIDENT:
        return _failed(reference, head, answer)
    if _is_login_page(reference, answer):
        return Observation(
            reference, Outcome.UNKNOWN, "redirects to a web page in place of the file (a login?)"
        )
    found = yield from _settled(reference, recorded, answer, "HEAD" if answer is head else "GET")
    return (yield from _with_body(reference, recorded, answer, found, limits))


def _is_login_page(reference: Reference, answer: Answer) -> bool:
    """Whether an archive turned into HTML on the way: some origins send who is not logged in to a form."""
    path = urlsplit(reference.text).path.lower()
    html = answer.hops[-1].one("content-type").lower().startswith("text/html")
    return len(answer.hops) > 1 and html and path.endswith(_NO_PAGES)


def _settled(
    reference: Reference, recorded: Recorded | None, answer: Answer, method: str
) -> Generator[Step, Answer, tuple[Evidence, ...]]:
    """The evidence; where a changed entity tag is all that speaks for a change, it is asked for once more."""
    found = evidence.of_hops(answer.hops)
    compared = evidence.compare(recorded.evidence, found) if recorded else None
    if (
        compared is None
        or compared.same is not False
        or compared.new is None
        or compared.new.scheme != "etag"
    ):
        return found
    ranged = () if method == "HEAD" else ("Range: bytes=0-0",)
    again = yield from _patiently(Request(method, reference.ask, (*_HEADERS, *ranged), _PEEK))
    return evidence.unsettled(found, evidence.of_hops(again.hops)) if again.status in _EVIDENT else found


def _with_body(
    reference: Reference,
    recorded: Recorded | None,
    answer: Answer,
    found: tuple[Evidence, ...],
    limits: Limits,
) -> Conversation:
    """Add the digest of a small body where the headers prove nothing (design rule 2)."""
    last = answer.hops[-1]
    validators = evidence.validators(last)
    length = evidence.total_length(last)
    if evidence.wants_body(found, recorded, length, limits.hash_up_to):
        body = yield from _patiently(Request("GET", reference.ask, _HEADERS, limits.hash_up_to, digest=True))
        if body.digest and body.status in _WHOLE:
            if (yield from _made_up(reference, recorded, body, limits)):
                reason = "gives another content at every request, and nothing else to know it by"
                return Observation(reference, Outcome.UNKNOWN, reason)
            last = body.hops[-1]
            found, validators = _hashed(body, found), evidence.validators(last)
            if evidence.is_young(last):
                # Another change may follow under the same date and tag: look at the bytes again next time.
                found = evidence.without_weak(found, "the file is younger than two seconds")
                validators = Validators()
    reason = f"answered {last.status}" if evidence.strongest(found) else "gives no evidence"
    return Observation(reference, Outcome.SEEN, reason, found, validators)


def _made_up(
    reference: Reference, recorded: Recorded | None, body: Answer, limits: Limits
) -> Generator[Step, Answer, bool]:
    """Whether a content that is not the recorded one is another again a moment later."""
    known = (
        [item.value for item in recorded.evidence if item.scheme == evidence.BODY_DIGEST] if recorded else []
    )
    found = evidence.strongest(evidence.of_hops(body.hops))
    if not known or body.digest in known or (found is not None and found.strength is not Strength.SIZE):
        return False
    again = yield from _patiently(Request("GET", reference.ask, _HEADERS, limits.hash_up_to, digest=True))
    return bool(again.digest) and again.digest != body.digest


def _hashed(body: Answer, before: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """A tag that the answer before did not have is as good as none."""
    digest = Evidence(evidence.BODY_DIGEST, body.digest, Strength.CONTENT, len(body.hops) - 1)
    return (digest, *evidence.unsettled(evidence.of_hops(body.hops), before))


def _conditional(validators: Validators) -> tuple[str, ...]:
    """RFC 9110 §13.1.2. A date is never sent: an origin that went back to an older one answers 304 too."""
    return (f"If-None-Match: {validators.entity_tag}",) if validators.entity_tag else ()


def _needs_get(head: Answer) -> bool:
    """HEAD is refused in many ways by servers that answer GET; some close the connection."""
    if head.error:
        return head.transient and not head.hops
    if head.status in _HEAD_REFUSED:
        return True
    found = evidence.strongest(evidence.of_hops(head.hops))
    return head.status in _EVIDENT and (found is None or found.strength is Strength.SIZE)


def _patiently(request: Request) -> Talk:
    """Ask, and once more where the origin is busy and there is time (RFC 9110 §10.2.3)."""
    answer = Answer()
    for tries in range(_TRIES):
        answer = yield request
        wait = _wait(answer, tries)
        if wait is None or tries == _TRIES - 1:
            return answer
        waited = yield Pause(wait)
        if waited.error:
            return answer
    return answer


def _wait(answer: Answer, tries: int) -> float | None:
    """Seconds before another try; None where none makes sense."""
    if answer.error:
        return None
    if answer.status not in _RETRY:
        return None
    said = answer.hops[-1].one("retry-after")
    seconds = float(said) if re.fullmatch(r"\d{1,6}", said) else 0.0
    if said and not seconds and said != "0":
        return None
    jitter = random.uniform(0.1, 0.3) * 2**tries  # noqa: S311 - spreads retries, protects nothing
    return None if seconds > _LONGEST_WAIT else seconds + jitter


def _failed(reference: Reference, head: Answer, answer: Answer) -> Observation:
    absent = answer.status in _ABSENT and not answer.error
    reason = _said(answer)
    if answer is not head:
        first = _said(head)
        reason = f"{first} to HEAD and {'' if first == reason else reason + ' '}to a ranged GET"
    return Observation(reference, Outcome.ABSENT if absent else Outcome.UNKNOWN, reason)


def _said(answer: Answer) -> str:
    if answer.error or not answer.hops:
        return answer.error or "gave no answer"
    hop = answer.hops[-1]
    name = _NAMES.get(hop.status, "")
    later = _retry_after(hop)
    return f"answered {hop.status}{' ' + name if name else ''}{later}"


def _retry_after(hop: Hop) -> str:
    seconds = hop.one("retry-after")
    return f" (try again after {seconds} s)" if re.fullmatch(r"\d{1,6}", seconds) else ""
