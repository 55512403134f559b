"""What the object stores have in common: names, errors, and conversations with prepared requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from urllib.parse import quote, unquote_to_bytes, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.children import CLOUD
from freshlayer.credentials import Credential, Program
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason, joined
from freshlayer.probe.network.exchange import printed
from freshlayer.probe.network.messages import Answer, Conversation, Request, Step
from freshlayer.probe.network.xml import parse
from freshlayer.reference import Reference

_UNRESERVED = "-._~"


class Named(Struct, frozen=True):
    """Bucket, or account, and key, as bytes: a key need not be text."""

    bucket: str
    key: bytes

    @property
    def is_prefix(self) -> bool:
        """Whether it names all objects below it."""
        return not self.key or self.key.endswith(b"/")

    @property
    def path(self) -> str:
        """The key in a URL, encoded as signatures require: all but RFC 3986's unreserved characters."""
        return quote(self.key, safe=f"/{_UNRESERVED}")


def named(reference: Reference) -> Named:
    """What a reference names."""
    parts = urlsplit(reference.address)
    return Named(parts.netloc, unquote_to_bytes(parts.path[1:]))


def parameter(value: bytes | str) -> str:
    """A value in a query."""
    return quote(value, safe=_UNRESERVED)


def with_last_answer(
    talk: Conversation, prepare: Callable[[Request], Request]
) -> Generator[Step, Answer, tuple[Observation, Answer]]:
    """A conversation whose requests are prepared before they are sent; with the last answer to it."""
    answer = Answer()
    try:
        step = next(talk)
        while True:
            answer = yield prepare(step) if isinstance(step, Request) else step
            step = talk.send(answer)
    except StopIteration as end:
        return end.value, answer


def keeping_body(request: Request) -> Request:
    """The same, with the body of a short answer kept: it may be an error's text."""
    return replace(request, keep=True) if request.method == "GET" and not request.digest else request


def error_code(answer: Answer) -> str:
    """The store's error code: ``AccessDenied``, ``NoSuchKey``; empty where there is none."""
    header = answer.hops[-1].one("x-ms-error-code") if answer.hops else ""
    root = parse(answer.body) if not header and answer.body.lstrip().startswith(b"<") else None
    code = header or (root.findtext("{*}Code", "") if root is not None else "")
    return code if re.fullmatch(r"[A-Za-z0-9]{1,64}", code) else ""


def refused(observation: Observation, answer: Answer, *notes: Reason | None) -> Observation:
    """The observation as unknown, with the store's error code and with notes."""
    code = error_code(answer)
    what = f"{observation.reason.what} ({code})" if code else observation.reason.what
    reason = joined([replace(observation.reason, detail=what), *(note for note in notes if note)])
    return replace(observation, outcome=ProbeOutcome.UNKNOWN, reason=reason)


def unknown(reference: Reference, reason: Reason) -> Observation:
    """An object for which no request was sent."""
    return Observation(reference, ProbeOutcome.UNKNOWN, reason)


def credential_of(
    source: Credential | Program | None,
) -> Generator[Step, Answer, tuple[Credential | None, Reason | None]]:
    """The credential of a source, or the one that its program prints, run once; else why there is none."""
    if not isinstance(source, Program):
        return source, None
    found = yield from printed(source, CLOUD)
    if isinstance(found, Answer):
        why = found.error.text if found.error else f"exit code {found.exit_code}"
        detail = f"{source.argv[0].rpartition('/')[2]} printed no token ({why})"
        return None, Reason("credential-program-failed", detail=detail)
    return found, None
