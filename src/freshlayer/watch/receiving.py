"""Requests from outside that change something: webhooks, and reports of builds.

They have tokens of their own, and come before the guards of the API: a webhook has another Host than a page.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from freshlayer.watch.authorization import client_address
from freshlayer.watch.rate import Rate
from freshlayer.watch.receivers import Answer, Receiver
from freshlayer.watch.webhooks.base import Arrived

MOST_BYTES = 4 * 1024 * 1024
_MOST_HELD = 8 * MOST_BYTES
"""Of all bodies together that are read at the same time."""

_MOST_SECONDS = 10.0
_MOST_WRONG = 60
_MOST_ADDRESSES = 4096
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MOST_QUERY = 4096
_LIMITED = Answer(429, "too many were refused")


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
        is_limited = not wrong.has_left and client_address(scope) not in self._shared
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
        address = client_address(scope)
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


def _head(scope: Any) -> Arrived:
    """A request without its body."""
    query = parse_qsl(scope["query_string"][:_MOST_QUERY].decode("latin-1"), keep_blank_values=True)
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Arrived(_once(fields), _once(query))


def _once(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Those that came once: of two signatures it is not known which one counts."""
    counts = Counter(name.lower() for name, _ in fields)
    return {name.lower(): value for name, value in fields if counts[name.lower()] == 1}
