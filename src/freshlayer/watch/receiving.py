"""Requests from outside that change something: webhooks, and reports of builds.

They have tokens of their own, and come before the guards of the API: a webhook has another Host than a page.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.webhooks.base import Arrived, Webhook, same

MOST_BYTES = 4 * 1024 * 1024
_MOST_HELD = 8 * MOST_BYTES
"""Of all bodies together that are read at the same time."""

_MOST_SECONDS = 10.0
_MOST_WRONG = 60
_MOST_ADDRESSES = 4096
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MOST_QUERY = 4096


class Answer(Struct, frozen=True):
    """``text``: of a person, without a secret."""

    status: int
    text: str


_LIMITED = Answer(429, "too many were refused")


class Receiver(Protocol):
    """``signs_body``: whether it is refused by its body too; else nothing is read of what is refused."""

    @property
    def signs_body(self) -> bool: ...

    def refused(self, arrived: Arrived, /) -> Answer | None:
        """The answer to a sender without the secret; None for one that has it."""
        ...

    def __call__(self, arrived: Arrived, /) -> Answer: ...


class Receiving:
    """Answers the paths of ``receivers``, and leaves every other one to ``app`` (ASGI 3.0).

    ``shared``: addresses of proxies. Wrong secrets from there keep no other sender out.
    """

    def __init__(self, app: Any, receivers: Mapping[str, Receiver], shared: frozenset[str]) -> None:
        self._shared = shared
        self._app = app
        self._receivers = receivers
        self._held = 0
        self._wrong: OrderedDict[str, Rate] = OrderedDict()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        receiver = self._receivers.get(scope.get("path", "")) if scope["type"] == "http" else None
        if receiver is None:
            await self._app(scope, receive, send)
            return
        wrong = self._rate_of(scope)
        is_limited = not wrong.has_left and _address(scope) not in self._shared
        answer = _LIMITED if is_limited else await self._answer(receiver, scope, receive)
        if answer.status == 401:
            wrong.allows()
        headers = dict(_HEADERS)
        if answer.status == 401:
            # SNS sends the password of its URL once it is wanted.
            headers["WWW-Authenticate"] = 'Basic realm="freshlayer"'
        if answer.status in {429, 503}:
            headers["Retry-After"] = "10"
        document = {"version": 1, "answer" if answer.status < 400 else "error": answer.text}
        await JSONResponse(document, answer.status, headers)(scope, receive, send)

    def _rate_of(self, scope: Any) -> Rate:
        """Of the wrong secrets of an address."""
        address = _address(scope)
        found = self._wrong.pop(address, None) or Rate(_MOST_WRONG)
        self._wrong[address] = found
        if len(self._wrong) > _MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return found

    async def _answer(self, receiver: Receiver, scope: Any, receive: Any) -> Answer:
        if scope["method"] != "POST":
            return Answer(405, "only POST is answered")
        arrived = _head(scope)
        refused = None if receiver.signs_body else receiver.refused(arrived)
        if refused is not None:
            return refused
        body = bytearray()
        try:
            failed = await asyncio.wait_for(self._read(receive, body), _MOST_SECONDS)
            if failed is not None:
                return failed
            return await run_in_threadpool(receiver, replace(arrived, body=bytes(body)))
        except TimeoutError:
            return Answer(408, f"the body took more than {_MOST_SECONDS:g} s")
        finally:
            self._held -= len(body)

    async def _read(self, receive: Any, body: bytearray) -> Answer | None:
        """Into ``body``; the answer where it is too large, or the client went away."""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return Answer(400, "the body is not whole")
            part = message.get("body", b"")
            if len(body) + len(part) > MOST_BYTES:
                return Answer(413, f"the body has more than {MOST_BYTES} bytes")
            if self._held + len(part) > _MOST_HELD:
                return Answer(503, "too many are read now")
            body += part
            self._held += len(part)
            more = message.get("more_body", False)
        return None


def _address(scope: Any) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _head(scope: Any) -> Arrived:
    """A request without its body."""
    query = parse_qsl(scope["query_string"][:_MOST_QUERY].decode("latin-1"), keep_blank_values=True)
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Arrived(_once(fields), _once(query))


def _once(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Those that came once: of two signatures it is not known which one counts."""
    counts = Counter(name.lower() for name, _ in fields)
    return {name.lower(): value for name, value in fields if counts[name.lower()] == 1}


class Rate:
    """At most so many in a minute, of which many may come at once. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = self._left = float(most)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    @property
    def has_left(self) -> bool:
        """Whether the next one is allowed."""
        with self._lock:
            return self._left + (time.monotonic() - self._at) * self._most / 60 >= 1

    def allows(self) -> bool:
        """Count one."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


class WebhookReceiver:
    """``host``: that of its references, where the sender names another one. ``warn`` prints a line."""

    def __init__(
        self,
        name: str,
        module: Webhook,
        secret: bytes,
        host: str,
        arrivals: Arrivals,
        warn: Callable[[str], None],
    ) -> None:
        self._name, self._module, self._secret, self._host = name, module, secret, host
        self._arrivals, self._warn = arrivals, warn
        self._rate, self._refusals = Rate(600), Rate(1)

    @property
    def signs_body(self) -> bool:
        return self._module.SIGNS_BODY

    def refused(self, arrived: Arrived) -> Answer | None:
        if self._module.is_genuine(arrived, self._secret):
            return None
        if self._refusals.allows():
            self._warn(f"webhook {self._name}: refused: its signature or token is missing or wrong")
        return Answer(401, "the signature or the token is missing or wrong")

    def __call__(self, arrived: Arrived) -> Answer:
        refused = self.refused(arrived)
        if refused is not None:
            return refused
        if not self._rate.allows():
            return Answer(429, "too many")
        try:
            found = self._module.moved(json.loads(arrived.body or b"null"), arrived)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Answer(400, "not an event that this webhook type sends")
        named = [replace(it, host=self._host or it.host) for it in found]
        if not self._arrivals.move(named):
            return Answer(503, "too many are not taken up yet")
        return Answer(202, f"{len(named)} noted")


class ReportReceiver:
    """Reports of builds. ``record``: takes the document; the answer, and the Dockerfiles that were built."""

    def __init__(
        self, token: bytes, record: Callable[[bytes], tuple[Answer, tuple[str, ...]]], arrivals: Arrivals
    ) -> None:
        self._token, self._record, self._arrivals = token, record, arrivals
        self._rate = Rate(600)

    @property
    def signs_body(self) -> bool:
        return False

    def refused(self, arrived: Arrived) -> Answer | None:
        scheme, _, token = arrived.headers.get("authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and same(token.strip(), self._token)
        return None if known else Answer(401, "a token for reports is needed")

    def __call__(self, arrived: Arrived) -> Answer:
        refused = self.refused(arrived)
        if refused is not None:
            return refused
        if not self._rate.allows():
            return Answer(429, "too many")
        answer, names = self._record(arrived.body)
        if names:
            self._arrivals.built(names)
        return answer
