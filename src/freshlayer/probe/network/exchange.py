"""One question to an HTTP origin: with the host's own credential, with patience, over its redirects."""

from __future__ import annotations

import re
from collections.abc import Generator, Hashable
from urllib.parse import quote, urljoin, urlsplit

from msgspec.structs import replace

from freshlayer import __version__
from freshlayer.children import HOST_COMMAND, Child
from freshlayer.credentials import Credential, Program, find, tls
from freshlayer.evidence import Hop
from freshlayer.probe.network.wire import MOST_REDIRECTS, Answer, Means, Once, Pause, Request, Run, Step, Talk
from freshlayer.reference import Reference, is_signed, shown

HEADERS = (
    f"User-Agent: freshlayer/{__version__}",
    "Accept: */*",
    # What is hashed and measured has to be the file itself, and no cache's memory of it.
    "Accept-Encoding: identity",
    "Cache-Control: no-cache",
    "Want-Repr-Digest: sha-256=9, sha-512=5",
)
"""What every question to an origin says."""

WHOLE = frozenset({200, 203})
ABSENT = frozenset({404, 410})
EVIDENT = frozenset({*WHOLE, 206, 416})
"""Statuses whose headers speak of the bytes."""

_RETRY = {429, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
_TRIES = 2
LONGEST_WAIT = 10.0
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


def request_of(reference: Reference) -> Request:
    """The GET of a reference, as its command sends it."""
    form = reference.form
    headers = form.over(HEADERS)
    # A host's name and a secret mean nothing to the host of a redirect, or too much.
    own = tuple(line for line in headers if line.startswith("host:")) + form.secret_lines
    request = Request("GET", reference.ask, tuple(line for line in headers if line not in own), own)
    return replace(request, follow=form.follow, anonymous=form.authorises, proxies=form.proxies)


def exchange(request: Request, means: Means, *, shared: Hashable = None) -> Talk:
    """Ask, and once more where the origin is busy or hung up and there is time (RFC 9110 §10.2.3).

    ``shared``: a key under which the answer serves every conversation that asks the same URL.
    """
    prepared = yield from _prepared(request, means)
    if isinstance(prepared, Answer):
        return prepared
    answer = Answer()
    for tries in range(_TRIES):
        answer = yield from _followed(prepared, means, None if shared is None else (shared, tries))
        wait = _wait(prepared, answer, tries)
        if wait is None or tries == _TRIES - 1:
            return answer
        waited = yield Pause(wait)
        if waited.error:
            return answer
    return answer


def said(answer: Answer) -> str:
    """What came of a question, as a clause that can follow a URL."""
    if answer.error or not answer.hops:
        return answer.error or "gave no answer"
    hop = answer.hops[-1]
    name = _NAMES.get(hop.status, "")
    return f"answered {hop.status}{' ' + name if name else ''}{_retry_after(hop)}"


def _retry_after(hop: Hop) -> str:
    seconds = hop.one("retry-after")
    return f" (try again after {seconds} s)" if re.fullmatch(r"[0-9]{1,6}", seconds) else ""


def _prepared(request: Request, means: Means) -> Generator[Step, Answer, Request | Answer]:
    """The request with what its host is to be shown; an answer where the credential can't be had."""
    request = replace(request, tls=tls(means.keyring, request.url))
    own = request.anonymous or _has_userinfo(request.url) or is_signed(request.url)
    if own or request.signer is not None or request.credential is not None:
        return request
    found = yield from credential_for(request.url, means)
    return found if isinstance(found, Answer) else replace(request, credential=found)


def _has_userinfo(url: str) -> bool:
    return "@" in url and "@" in urlsplit(url).netloc


def credential_for(url: str, means: Means) -> Generator[Step, Answer, Credential | Answer | None]:
    """What to show the host of a URL; an answer with an error where the program that prints it failed."""
    found = find(means.keyring, url)
    if not isinstance(found, Program):
        return found
    credential = yield from printed(found)
    if isinstance(credential, Answer):
        program = shown(found.argv[0], 60)
        return Answer(error=f"can't be asked: {program}, which should print its credential, failed")
    return credential


def printed(program: Program, child: Child = HOST_COMMAND) -> Generator[Step, Answer, Credential | Answer]:
    """The credential that a program prints, run once for all; else what came of it."""
    answer = yield Once(("credential", program.argv), Run(program.argv, child, errors=False))
    credential = program.credential(answer.output)
    return answer if answer.error or answer.exit_code or credential is None else credential


def _followed(request: Request, means: Means, shared: Hashable) -> Talk:
    """Follow redirects one by one as long as there is something private, which goes to this origin alone."""
    hops: tuple[Hop, ...] = ()
    for _ in range(MOST_REDIRECTS + 1):
        key = (shared, request.url, request.headers, request.own)
        answer = yield request if shared is None else Once(key, request)
        hops += answer.hops
        location = answer.hops[-1].one("location") if answer.status in _REDIRECTS else ""
        by_hand = request.is_private or request.proxies is not None
        if answer.error or not location or not (request.follow and by_hand):
            return replace(answer, hops=hops)
        target = _target(request.url, location)
        if target is None:
            return Answer(hops, error="redirects to something that is no URL")
        if not _is_allowed(request.url, target):
            return Answer(hops, error=f"redirects to {shown(target, 80)}, which is refused")
        request = _redirected(request, target, means)
    return Answer(hops, error=f"redirects more than {MOST_REDIRECTS} times")


def _target(url: str, location: str) -> str | None:
    """Where a redirect leads to; what a URL can't hold is quoted, as browsers and libcurl do."""
    try:
        joined = urljoin(url, quote(location, safe="".join(map(chr, range(33, 127)))))
        urlsplit(joined)
    except ValueError:
        return None
    return joined


def _is_allowed(url: str, target: str) -> bool:
    """HTTP only, and never out of TLS."""
    return target.startswith("https://") or (target.startswith("http://") and not url.startswith("https:"))


def _redirected(request: Request, target: str, means: Means) -> Request:
    """The same question elsewhere: a redirect to another origin leaves behind what was meant for this one."""
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
    """Seconds before another try; None where none makes sense.

    A HEAD that was hung up on is not tried again: a GET comes after it.
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
    """So that those who were refused together do not come back together."""
    from random import uniform  # noqa: PLC0415 - slow to load, and most are never refused

    return float(uniform(0.1, 0.3) * 2**tries)  # noqa: S311 - it protects nothing


def retry_after(answer: Answer) -> float | None:
    """The seconds that an origin wants to be left alone; None where it names none, or a date."""
    said = answer.hops[-1].one("retry-after") if answer.hops else ""
    return float(said) if re.fullmatch(r"[0-9]{1,6}", said) else None
