"""One request to an HTTP origin: the host's credential, retries, redirects, and the reason of a failure."""

from __future__ import annotations

from collections.abc import Generator, Hashable

from msgspec.structs import replace

from freshlayer import __version__
from freshlayer.children import HOST_COMMAND, Child
from freshlayer.credentials import Credential, Program, find, tls
from freshlayer.evidence import Hop, http_date
from freshlayer.lazy_regex import compiled
from freshlayer.masking.lazy_urls import quote, urlsplit
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.probe.network.messages import (
    MOST_REDIRECTS,
    Answer,
    Means,
    Once,
    Pause,
    Request,
    Run,
    Step,
    Talk,
)
from freshlayer.reference import Reference, is_signed, shown

_SECONDS = compiled(r"[0-9]{1,6}")
_MOMENT = compiled(r"[0-9]{9,11}")

HEADERS = (
    f"User-Agent: freshlayer/{__version__}",
    "Accept: */*",
    # What is hashed and measured must be the file itself, not a copy in a cache.
    "Accept-Encoding: identity",
    "Cache-Control: no-cache",
    "Want-Repr-Digest: sha-256=9, sha-512=5",
)
"""Headers of every request to an origin."""

WHOLE = frozenset({200, 203})
ABSENT = frozenset({404, 410})
EVIDENT = frozenset({*WHOLE, 206, 416})
"""Statuses whose headers describe the bytes."""

_TOO_MANY = 429
_REFUSALS = {403, _TOO_MANY}
_RETRY = {_TOO_MANY, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_ATTEMPTS = 2
LONGEST_WAIT = 10.0
_NAMES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


_CODES = {
    401: "http-unauthorized",
    403: "http-forbidden",
    404: "http-not-found",
    407: "proxy-unauthorized",
    410: "http-gone",
    429: "http-too-many-requests",
}
_SERVER_ERROR = 500


def request_of(reference: Reference) -> Request:
    """The GET of a reference, as its command sends it."""
    form = reference.form
    if not (form.headers or form.secret):
        return Request("GET", reference.address, HEADERS, follow=form.follow, proxies=form.proxies)
    headers = form.over(HEADERS)
    # The host of a redirect gets neither this host's name nor its secrets.
    own = tuple(line for line in headers if line.startswith("host:")) + form.secret_lines
    request = Request("GET", reference.address, tuple(line for line in headers if line not in own), own)
    return replace(request, follow=form.follow, anonymous=form.authorises, proxies=form.proxies)


def exchange(request: Request, means: Means, *, shared: Hashable = None) -> Talk:
    """Send a request, and repeat it once if the origin is busy or closed the connection (RFC 9110 §10.2.3).

    ``shared``: a key under which every conversation that requests the same URL gets the same answer.
    """
    prepared = _with_files(request, means) if means.keyring.hosts else request
    if not _is_complete(prepared):
        found = find(means.keyring, prepared.url)
        credential = (yield from _printed(found)) if isinstance(found, Program) else found
        if isinstance(credential, Answer):
            return credential
        prepared = prepared if credential is None else replace(prepared, credential=credential)
    answer = Answer()
    for tries in range(_MOST_ATTEMPTS):
        key = None if shared is None else (shared, tries)
        answer = yield _step(prepared, key)
        if answer.status in _REDIRECTS:
            answer = yield from _followed(prepared, answer, means, key)
        wait = _wait(prepared, answer, tries)
        if wait is None or tries == _MOST_ATTEMPTS - 1:
            return answer
        waited = yield Pause(wait)
        if waited.error:
            return answer
    return answer


def reason_of(answer: Answer) -> Reason:
    """The error of an answer, else the reason that its status gives."""
    if answer.error:
        return answer.error
    if not answer.hops:
        return Reason("no-answer")
    hop = answer.hops[-1]
    status = _TOO_MANY if is_out_of_quota(answer) else hop.status
    return Reason(_code_of(status), detail=status_line(hop.status), hint=_retry_after(answer))


def failed(code: str, detail: str) -> Answer:
    """An answer with an error, whose hint is that of its code."""
    return Answer(error=Reason(code, detail=detail, hint=hint_of(code)))


def status_line(status: int) -> str:
    """A status with its name: ``403 Forbidden``; one without a name: ``status 418``."""
    return f"{status} {_NAMES[status]}" if status in _NAMES else f"status {status}"


def _code_of(status: int) -> str:
    if status in WHOLE:
        return "observed"
    return _CODES.get(status) or ("http-server-error" if status >= _SERVER_ERROR else "http-status")


def is_out_of_quota(answer: Answer) -> bool:
    """Whether an API refuses because all requests of its quota are used.

    GitHub answers with 403 then (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
    """
    hop = answer.hops[-1] if answer.hops else None
    return hop is not None and hop.status in _REFUSALS and hop.one("x-ratelimit-remaining") == "0"


def _retry_after(answer: Answer) -> str:
    seconds = answer.hops[-1].one("retry-after")
    if not _SECONDS.fullmatch(seconds) and is_out_of_quota(answer):
        until = retry_after(answer)
        seconds = "" if until is None else f"{until:.0f}"
    return f"try again after {seconds} s" if _SECONDS.fullmatch(seconds) else ""


def _with_files(request: Request, means: Means) -> Request:
    """The request with the certificate files of its host."""
    files = tls(means.keyring, request.url)
    return request if files is request.tls else replace(request, tls=files)


def _is_complete(request: Request) -> bool:
    """Whether no credential is looked up for its host."""
    if request.anonymous or request.signer is not None or request.credential is not None:
        return True
    return _has_userinfo(request.url) or is_signed(request.url)


def _has_userinfo(url: str) -> bool:
    return "@" in url and "@" in urlsplit(url).netloc


def credential_for(url: str, means: Means) -> Generator[Step, Answer, Credential | Answer | None]:
    """The credential for the host of a URL; an answer with an error if the program that prints it failed."""
    found = find(means.keyring, url)
    return (yield from _printed(found)) if isinstance(found, Program) else found


def _printed(found: Program) -> Generator[Step, Answer, Credential | Answer]:
    credential = yield from printed(found)
    if isinstance(credential, Answer):
        program = shown(found.argv[0], 60)
        return failed("credential-program-failed", f"{program}, which prints the credential, failed")
    return credential


def printed(program: Program, child: Child = HOST_COMMAND) -> Generator[Step, Answer, Credential | Answer]:
    """The credential that a program prints, which runs once for all; else the program's answer."""
    answer = yield Once(("credential", program.argv), Run(program.argv, child, errors=False))
    credential = program.credential(answer.output)
    return answer if answer.error or answer.exit_code or credential is None else credential


def _step(request: Request, shared: Hashable) -> Request | Once:
    """``shared``: a key under which others take the same answer, if any."""
    return request if shared is None else Once((shared, request.url, request.headers, request.own), request)


def _followed(request: Request, answer: Answer, means: Means, shared: Hashable) -> Talk:
    """Follow redirects one by one, so that what is private is sent to its own origin alone."""
    hops: tuple[Hop, ...] = ()
    for number in range(MOST_REDIRECTS + 1):
        if number:
            answer = yield _step(request, shared)
        hops += answer.hops
        location = answer.hops[-1].one("location") if answer.status in _REDIRECTS else ""
        if not location and answer.hops == hops:
            return answer
        limits = means.confinement
        by_hand = request.is_private or request.proxies is not None or limits is not None
        by_hand = by_hand or means.limits.strangers is not None
        if answer.error or not location or not (request.follow and by_hand):
            return answer if answer.hops == hops else replace(answer, hops=hops)
        target = _target(request.url, location)
        if target is None:
            return _redirect_failed(hops, "redirect-invalid", "")
        if not _is_allowed(request.url, target):
            return _redirect_failed(hops, "redirect-refused", refused_redirect(target))
        if limits is not None and _is_local(target, loopback=limits.loopback):
            return _redirect_failed(hops, "address-refused", "")
        request = _redirected(request, target, means)
    return _redirect_failed(hops, "redirect-loop", f"more than {MOST_REDIRECTS} redirects")


def _is_local(target: str, *, loopback: bool) -> bool:
    from freshlayer.probe.network.local_addresses import is_named  # noqa: PLC0415 - of downloaded scripts alone

    return is_named(target, loopback=loopback)


def _redirect_failed(hops: tuple[Hop, ...], code: str, detail: str) -> Answer:
    return Answer(hops, error=Reason(code, detail=detail))


def refused_redirect(target: str) -> str:
    """The detail of a redirect that is not followed."""
    return f"the redirect to {shown(target, 80)} is refused: it leaves TLS or HTTP"


def _target(url: str, location: str) -> str | None:
    """The target of a redirect, quoted as browsers and libcurl quote it; None if it is not a URL."""
    try:
        from urllib.parse import urljoin  # noqa: PLC0415 - libcurl follows most redirects

        joined = urljoin(url, quote(location, safe="".join(map(chr, range(33, 127)))))
        urlsplit(joined)
    except ValueError:
        return None
    return joined


def _is_allowed(url: str, target: str) -> bool:
    """Whether a redirect stays in HTTP, and does not leave TLS."""
    return target.startswith("https://") or (target.startswith("http://") and not url.startswith("https:"))


def _redirected(request: Request, target: str, means: Means) -> Request:
    """The same request to the target; another origin gets nothing that is meant for this one."""
    if _origin(target) == _origin(request.url):
        return replace(request, url=target)
    tls_there = tls(means.keyring, target)
    return replace(request, url=target, credential=None, signer=None, own=(), tls=tls_there)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """RFC 6454 §4: scheme, host, port."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}.get(parts.scheme)


def _wait(request: Request, answer: Answer, tries: int) -> float | None:
    """Seconds before another attempt; None if there is no other attempt.

    A HEAD whose connection was closed is not repeated: a GET follows.
    """
    if answer.error:
        return _jitter(tries) if answer.transient and request.method != "HEAD" else None
    if answer.status not in _RETRY:
        return None
    seconds = retry_after(answer)
    if seconds is None and answer.hops[-1].one("retry-after"):
        return None
    return None if (seconds or 0) > LONGEST_WAIT else (seconds or 0) + _jitter(tries)


def _jitter(tries: int) -> float:
    """Random, so that clients that were refused together do not return together."""
    from random import uniform  # noqa: PLC0415 - slow to load, and rarely needed

    return float(uniform(0.1, 0.3) * 2**tries)  # noqa: S311 - not used for security


def retry_after(answer: Answer) -> float | None:
    """The seconds of Retry-After (RFC 9110 §10.2.3), or until a quota that is used up starts again.

    A date counts from the Date of the same answer: the clocks of two machines may differ.
    """
    if not answer.hops:
        return None
    hop = answer.hops[-1]
    value, reset = hop.one("retry-after"), hop.one("x-ratelimit-reset")
    if value and _SECONDS.fullmatch(value):
        return float(value)
    sent = http_date.seconds(hop.one("date"))
    if value:
        until = http_date.seconds(value)
    else:
        until = int(reset) if is_out_of_quota(answer) and _MOMENT.fullmatch(reset) else None
    return None if until is None or sent is None else float(max(until - sent, 0))
