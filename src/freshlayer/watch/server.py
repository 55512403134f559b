"""The API and the pages of the service, read-only: health, metrics, the documents of ``check --json``.

It is in a thread of its own. On a loopback address the Host header must name one, so that no web page reads
it by a name of its own (DNS rebinding); any other address wants a token.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from freshlayer import __version__
from freshlayer.watch.access import Access, Proxy
from freshlayer.watch.board import Board, Entry
from freshlayer.watch.connections import AT_ONCE, MOST, Connection
from freshlayer.watch.guard import Below, Guard, Login
from freshlayer.watch.metrics import text_of
from freshlayer.watch.pages.rendering import POLICY
from freshlayer.watch.pages.routes import Histories, Pages
from freshlayer.watch.receivers import Receiver
from freshlayer.watch.receiving import Receiving

_NO_PROXY, _NO_HISTORIES = Proxy(), Histories()
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]", "::1"]
_NO_RECEIVERS: Mapping[str, Receiver] = MappingProxyType({})
_DESCRIPTION = Path(__file__).with_name("openapi.json")
_VERSION = 1
_MOST_REQUESTS = 2 * MOST
_JOIN = 1.0


class Server:
    """``bound``: a listening socket. ``token``: empty where none is wanted. ``clock``: seconds since 1970.

    ``proxy``: who else vouches for users. ``histories``: where the pages find what happened.
    ``receivers``: path → what answers a POST.
    """

    def __init__(
        self,
        board: Board,
        bound: socket.socket,
        token: bytes,
        clock: Callable[[], int],
        proxy: Proxy = _NO_PROXY,
        histories: Histories = _NO_HISTORIES,
        receivers: Mapping[str, Receiver] = _NO_RECEIVERS,
    ) -> None:
        access = Access(token, proxy, clock)
        self._pages = Pages(board.shown, histories, access, clock, __version__)
        app = Below(
            Receiving(application(board, access, self._pages, clock), receivers, proxy.addresses), proxy.root
        )
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=Connection,
            backlog=AT_ONCE,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # The client is who connects: anyone can send X-Forwarded-For.
            proxy_headers=False,
            limit_concurrency=_MOST_REQUESTS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([bound],), daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def close(self) -> None:
        """Answer what is under way, and end."""
        self._pages.end()
        self._server.should_exit = True
        self._thread.join(_JOIN)


def application(board: Board, access: Access, pages: Pages, clock: Callable[[], int]) -> Starlette:
    """The routes. Nothing but GET and HEAD is answered, the form of the token apart."""
    login = Login(access, pages.login, POLICY)
    found = [*_api(board, clock, access.root), *pages.routes()]
    found.append(Route("/login", login.enter, methods=["GET", "POST"]))
    found.append(Route("/logout", login.leave, methods=["POST"]))
    guards = [Middleware(Guard, access=access)]
    if access.checks_hosts:
        hosts = [*_LOOPBACK, *access.hosts]
        guards.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=hosts))
    return Starlette(routes=found, middleware=guards)


def _api(board: Board, clock: Callable[[], int], root: str) -> list[Route]:
    """What is for programs. ``root``: the path that is before every address."""

    def health(_: Request) -> Response:
        return (
            PlainTextResponse("nothing is delivered any more\n", 503)
            if board.dead
            else PlainTextResponse("ok\n")
        )

    def ready(_: Request) -> Response:
        return PlainTextResponse("ok\n") if board.is_ready else PlainTextResponse(f"{board.unready}\n", 503)

    def metrics(_: Request) -> Response:
        return PlainTextResponse(text_of(board.figures(clock())), media_type="text/plain; version=0.0.4")

    def standings(_: Request) -> Response:
        found = [_standing(entry) for entry in board.entries.values()]
        # A name that is not UTF-8 has surrogates: they are escaped, as check --json escapes them.
        document = json.dumps({"version": _VERSION, "dockerfiles": found}, separators=(",", ":"))
        return Response(document, media_type="application/json")

    def check(request: Request) -> Response:
        name = _dockerfile(request)
        if name is None:
            return StreamingResponse(_documents(board), media_type="application/json")
        entry = board.entries.get(name)
        if entry is None:
            return JSONResponse({"version": _VERSION, "error": "no such Dockerfile is watched"}, 404)
        return Response(entry.json, media_type="application/json")

    routes: dict[str, Callable[[Request], Response]] = {
        "/healthz": health,
        "/readyz": ready,
        "/metrics": metrics,
        "/api/dockerfiles": standings,
        "/api/check": check,
        "/api/openapi.json": partial(_description, root),
    }
    return [Route(path, answer) for path, answer in routes.items()]


def _description(root: str, _: Request) -> Response:
    """With the path below which a proxy has the service, so that what is made from it finds the API."""
    found = json.loads(_DESCRIPTION.read_bytes())
    return JSONResponse({**found, "servers": [{"url": root or "/"}]})


def _dockerfile(request: Request) -> str | None:
    """A byte that is not UTF-8 is one of its name."""
    query = request.scope["query_string"].decode("latin-1")
    return dict(parse_qsl(query, errors="surrogateescape")).get("dockerfile")


def _standing(entry: Entry) -> dict[str, Any]:
    standing = entry.standing
    causes = [
        {"reference": it.reference, "identity": it.identity or None, "kind": it.kind, "line": it.line}
        for it in standing.causes
    ]
    return {
        "dockerfile": standing.dockerfile,
        "stale_since": standing.stale_since or None,
        "causes": causes,
        "triggered": {name: fired.at for name, fired in standing.fired.items()} if causes else {},
    }


def _documents(board: Board) -> Iterator[bytes]:
    """What ``check --json`` prints of several Dockerfiles; one of them in memory at a time."""
    before = json.dumps({"version": _VERSION})[:-1].encode() + b', "dockerfiles": ['
    for entry in board.entries.values():
        yield before + entry.json
        before = b", "
    yield b"]}" if before == b", " else before + b"]}"
