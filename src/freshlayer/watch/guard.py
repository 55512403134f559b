"""What every request passes: whether it may read, and the headers of every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from freshlayer.watch.access import SESSION, SESSION_SECONDS, Access, Limited

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of every answer that does not state its own."""

_OPEN = frozenset({"/healthz", "/readyz", "/login"})
"""What is read without a token: whether the service runs, and no more; and the form that takes the token."""

_OPEN_BELOW = "/static/"
_LONGEST_FORM = 8192
_MOST_SECONDS = 10.0
_WAIT = "60"
_OWN_SITE = frozenset({b"same-origin", b"none"})
_REFUSED = "too many wrong tokens came from this address; wait a minute"


class Below:
    """Takes the path below which a proxy has the service off, where the proxy left it there (ASGI 3.0)."""

    def __init__(self, app: Any, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if self._root and (path == self._root or path.startswith(f"{self._root}/")):
            raw = scope["raw_path"].removeprefix(self._root.encode())
            scope = {**scope, "path": path.removeprefix(self._root) or "/", "raw_path": raw or b"/"}
        await self._app(scope, receive, send)


class Guard:
    """Refuses what may not read, and adds headers to every answer (ASGI 3.0)."""

    def __init__(self, app: Any, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                extra = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                extra = [(name, value) for name, value in extra if name not in present]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, with_headers)

    def _refused(self, scope: Any) -> Response | None:
        path = scope["path"]
        if path in _OPEN or path.startswith(_OPEN_BELOW) or self._access.is_public(path):
            return None
        try:
            if self._access.allows(scope):
                return None
        except Limited:
            return PlainTextResponse(f"{_REFUSED}\n", 429, headers={"Retry-After": _WAIT})
        if self._access.takes_tokens and _is_browser(scope):
            sent = scope["raw_path"].decode("latin-1")
            query = scope["query_string"].decode("latin-1")
            following = f"{sent.partition('?')[0]}?{query}" if query else sent
            return RedirectResponse(f"{self._access.root}/login?next={quote(following, safe='')}", 303)
        wanted = "a token is needed" if self._access.takes_tokens else "this is for users of the proxy"
        return PlainTextResponse(f"{wanted}\n", 401, headers={"WWW-Authenticate": "Bearer"})


def _is_browser(scope: Any) -> bool:
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return scope["method"] in {"GET", "HEAD"} and b"text/html" in accepted


class Login:
    """The way in for browsers. ``form``: (address to go to then, problem) → HTML; ``policy``: its own."""

    def __init__(self, access: Access, form: Callable[[str, str], str], policy: str) -> None:
        self._access = access
        self._form = form
        self._policy = policy

    async def enter(self, request: Request) -> Response:
        """The form, and what it sends: the token, for a cookie that no script reads."""
        if request.method != "POST":
            return self._shown(_local(request.query_params.get("next", "")), "", 200)
        try:
            sent = await asyncio.wait_for(_read(request), _MOST_SECONDS)
        except TimeoutError:
            return self._shown("/", f"The form took more than {_MOST_SECONDS:g} s.", 408)
        following = _local(sent.get("next", ""))
        if not _is_own(request):
            return self._shown(following, "This form was sent by another site.", 403)
        try:
            known = self._access.accepts(sent.get("token", "").strip().encode(), request.scope)
        except Limited:
            return self._shown(following, f"{_REFUSED[:1].upper()}{_REFUSED[1:]}.", 429)
        if not known:
            return self._shown(following, "This is not the token.", 401)
        answer = RedirectResponse(self._access.root + following, 303)
        answer.set_cookie(
            SESSION,
            self._access.session(),
            max_age=SESSION_SECONDS,
            path=self._access.root or "/",
            secure=_is_secure(request),
            httponly=True,
            samesite="strict",
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """Remove the cookie."""
        answer = RedirectResponse(f"{self._access.root}/login", 303)
        if _is_own(request):
            path = self._access.root or "/"
            answer.delete_cookie(SESSION, path=path, httponly=True, samesite="strict")
        return answer

    def _shown(self, following: str, problem: str, status: int) -> Response:
        headers = {"Content-Security-Policy": self._policy}
        if status == 429:
            headers["Retry-After"] = _WAIT
        return HTMLResponse(self._form(following, problem), status, headers)


async def _read(request: Request) -> dict[str, str]:
    """The fields of a form; none where it is too long, or has too many of them."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _local(address: str) -> str:
    """An address of this site alone, and none of the form itself."""
    plain = address.startswith("/") and address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and not address.startswith(("//", "/login", "/logout")) else "/"


def _is_own(request: Request) -> bool:
    """Whether the browser states that a page of this site sent it; one that states nothing is old."""
    stated = request.headers.get("sec-fetch-site", "none").encode()
    return stated in _OWN_SITE


def site_origin(request: Request) -> str:
    """Scheme and host as the reader's browser has them, for an address to be copied."""
    return f"{'https' if _is_secure(request) else 'http'}://{request.headers.get('host', '')}"


def _is_secure(request: Request) -> bool:
    """Behind a proxy its word counts: to believe it makes the cookie stricter alone."""
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto", "")}
