"""``http`` and ``https``: HEAD, then a ranged GET, then at most a small body."""

from __future__ import annotations

from collections.abc import Generator
from urllib.parse import urlsplit

from msgspec.structs import replace

from freshlayer import evidence
from freshlayer.model import Evidence, Observation, Outcome, Recorded, Strength, Validators
from freshlayer.probe.body import observe
from freshlayer.probe.exchange import ABSENT, EVIDENT, HEADERS, exchange, said
from freshlayer.probe.wire import Answer, Conversation, Means, Request, Step
from freshlayer.reference import Reference, is_signed

_HEAD_REFUSED = {400, 403, 404, 405, 406, 411, 500, 501}
_NOT_MODIFIED = 304
_PEEK = 64 * 1024
_RANGE = "Range: bytes=0-0"
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


def ask(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what an HTTP origin says about the bytes of a URL."""
    return (yield from learn(Request("GET", reference.ask, HEADERS), reference, recorded, means))


def learn(request: Request, reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:
    """Learn what an origin says about what a GET ``request`` would bring, with as little traffic as it takes.

    A presigned URL is signed for GET alone: HEAD would be refused, and is left out.
    """
    conditional = _conditional(recorded.validators if recorded else Validators())
    asked = replace(request, headers=request.headers + conditional)
    head = Answer()
    if not is_signed(request.url):
        head = yield from exchange(replace(asked, method="HEAD"), means)
    answer = head
    if _needs_get(head):
        answer = yield from exchange(_ranged(asked), means)
    if answer.status == _NOT_MODIFIED and conditional:
        caveats = evidence.caveats(answer.hops)
        return Observation(reference, Outcome.NOT_MODIFIED, "not modified", caveats)
    if answer.error or answer.status not in EVIDENT:
        return _failed(reference, head, answer)
    if _is_login_page(reference, answer):
        return Observation(
            reference, Outcome.UNKNOWN, "redirects to a web page in place of the file (a login?)"
        )
    once_more = replace(request, method="HEAD") if answer is head else _ranged(request)
    found = yield from _settled(recorded, answer, once_more, means)
    return (yield from observe(reference, recorded, answer, found, request, means))


def _ranged(request: Request) -> Request:
    return replace(request, method="GET", headers=(*request.headers, _RANGE), read=_PEEK)


def _is_login_page(reference: Reference, answer: Answer) -> bool:
    """Whether an archive turned into HTML on the way: some origins send who is not logged in to a form."""
    path = urlsplit(reference.text).path.lower()
    html = answer.hops[-1].one("content-type").lower().startswith("text/html")
    return len(answer.hops) > 1 and html and path.endswith(_NO_PAGES)


def _settled(
    recorded: Recorded | None, answer: Answer, once_more: Request, means: Means
) -> Generator[Step, Answer, tuple[Evidence, ...]]:
    """The evidence; a tag that is all there is, new or changed, is asked for once more.

    One that is made up at every request would make a key that no other machine ever derives.
    """
    found = evidence.of_hops(answer.hops)
    best = evidence.strongest(found)
    if recorded is not None:
        compared = evidence.compare(recorded.evidence, found)
        best = compared.new if compared.same is False else None
    if best is None or best.scheme != "etag":
        return found
    again = yield from exchange(once_more, means)
    return evidence.unsettled(found, evidence.of_hops(again.hops)) if again.status in EVIDENT else found


def _conditional(validators: Validators) -> tuple[str, ...]:
    """RFC 9110 §13.1.2. A date is never sent: an origin that went back to an older one answers 304 too."""
    return (f"If-None-Match: {validators.entity_tag}",) if validators.entity_tag else ()


def _needs_get(head: Answer) -> bool:
    """HEAD is refused in many ways by servers that answer GET; some close the connection."""
    if head.error:
        return head.transient and not head.hops
    if head.status in _HEAD_REFUSED or not head.status:
        return True
    if head.status not in EVIDENT:
        return False
    found = evidence.strongest(evidence.of_hops(head.hops))
    return found is None or found.strength is Strength.SIZE


def _failed(reference: Reference, head: Answer, answer: Answer) -> Observation:
    absent = answer.status in ABSENT and not answer.error
    reason = said(answer)
    if answer is not head:
        first = said(head)
        asked = f"{first} to HEAD and " if head != Answer() else ""
        reason = f"{asked}{'' if asked and first == reason else reason + ' '}to a ranged GET"
    return Observation(reference, Outcome.ABSENT if absent else Outcome.UNKNOWN, reason)
