"""The description of the API: it is that of the code, names every route, and answers validate against it."""

from __future__ import annotations

import http.client
import importlib
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from freshlayer.cli.watch_receivers import BuildRecorder, receivers
from freshlayer.model.watched import Cause, CauseKind, Fired, Standing
from freshlayer.state import SqliteStore
from freshlayer.watch.access import Access, Proxy
from freshlayer.watch.arrivals import Arrivals
from freshlayer.watch.board import Board
from freshlayer.watch.pages.routes import Histories, Pages
from freshlayer.watch.server import Server, application
from freshlayer.watch.settings import read
from testing.process import wait_until
from testing.reports import hostile_report

ROOT = Path(__file__).parents[2]
SERVED = ROOT / "src" / "freshlayer" / "watch" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(SERVED.read_text("utf-8"))
TOKENS = '[api]\nreport_token_file = "t"\n[webhooks.hub]\ntype = "gitlab"\nsecret_file = "t"\n'


def test_both_copies_are_what_the_code_makes() -> None:
    made = importlib.import_module("scripts.openapi").text()
    assert SERVED.read_text("utf-8") == made
    assert (ROOT / "docs" / "schema" / "watch-api.json").read_text("utf-8") == made


def test_every_route_of_the_api_is_described() -> None:
    board, access = Board(), Access(b"", Proxy(), lambda: 0)
    app = application(board, access, Pages(board.shown, Histories(), access, lambda: 0, "1"), lambda: 0)
    paths = {route.path.replace(":path}", "}"): route.methods for route in app.routes}  # type: ignore[attr-defined]
    described = {path for path in paths if path.startswith(("/api", "/healthz", "/readyz", "/metrics"))}
    described |= {"/events", "/badge/{name}.svg"}
    assert described == {path for path, it in DOCUMENT["paths"].items() if "get" in it}
    assert all("POST" not in paths[path] for path in described)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "t").write_text("secret")
    board, arrivals = Board(), Arrivals(lambda: None)
    board.judged("/p/Dockerfile", hostile_report())
    cause = Cause("https://x.example/a", "etag:1", CauseKind.INPUT, 3)
    standing = Standing("/p/Dockerfile", 5, 5, (cause,), fired={"t": Fired("key", 6)})
    board.round_ended([standing.dockerfile], {standing.dockerfile: standing}, references=1, lag=0, at=7)

    recorder = BuildRecorder(arrivals, lambda: closing(SqliteStore(tmp_path / "s", print)), "", lambda: 0)
    found = receivers(read(TOKENS, "w"), tmp_path, arrivals, recorder)
    bound = socket.create_server(("127.0.0.1", 0))
    number: int = bound.getsockname()[1]
    server = Server(board, bound, b"", lambda: 0, receivers=found)
    server.start()
    try:
        wait_until(lambda: answered(number), seconds=90, what="the API")
        yield number
    finally:
        server.close()


def answered(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_behind_a_proxy_the_api_is_below_its_path() -> None:
    board = Board()
    bound = socket.create_server(("127.0.0.1", 0))
    number: int = bound.getsockname()[1]
    server = Server(board, bound, b"", lambda: 0, Proxy(root="/freshlayer"))
    server.start()
    try:
        wait_until(lambda: answered(number), seconds=90, what="the API")
        described = json.loads(request(number, "GET", "/freshlayer/api/openapi.json")[2])
    finally:
        server.close()
    assert described == {**DOCUMENT, "servers": [{"url": "/freshlayer"}]}


def request(port: int, method: str, path: str, body: str = "", token: str = "") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {token}", "X-Gitlab-Token": token} if token else {}
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        kind = response.getheader("content-type", "").partition(";")[0]
        content = response.read1(65536) if kind == "text/event-stream" else response.read()
        return response.status, kind, content
    finally:
        connection.close()


def validate(path: str, method: str, answer: tuple[int, str, bytes]) -> None:
    status, kind, content = answer
    described = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"]
    assert list(described) == [kind]
    if kind == "application/json":
        schema = {**described[kind]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(json.loads(content))


READ = (
    ("/healthz", "", 200),
    ("/readyz", "", 200),
    ("/metrics", "", 200),
    ("/api/dockerfiles", "", 200),
    ("/api/check", "", 200),
    ("/api/check", "/api/check?dockerfile=/p/Dockerfile", 200),
    ("/api/check", "/api/check?dockerfile=/other", 404),
    ("/api/openapi.json", "", 200),
    ("/events", "/events?since=x", 200),
    ("/badge/{name}.svg", "/badge/p/Dockerfile.svg", 200),
    ("/badge/{name}.svg", "/badge/other.svg", 404),
)


def test_the_good_answer_of_every_path_is_tried() -> None:
    described = {
        path for path, it in DOCUMENT["paths"].items() if "200" in it.get("get", {}).get("responses", ())
    }
    assert {path for path, _, status in READ if status == 200} == described


def test_a_refusal_is_as_described() -> None:
    """Without a token, with too many wrong ones, and before the first round."""
    bound = socket.create_server(("127.0.0.1", 0))
    number: int = bound.getsockname()[1]
    server = Server(Board(), bound, b"token", lambda: 0)
    closed = [
        path for path, it in DOCUMENT["paths"].items() if "401" in it.get("get", {}).get("responses", ())
    ]
    server.start()
    try:
        wait_until(lambda: answered(number), seconds=90, what="the API")
        for status, token in ((401, ""), (429, "wrong")):
            for path in closed:
                answer = request(number, "GET", path, token=token)
                assert (path, answer[0]) == (path, status)
                validate(path, "get", answer)
            for _ in range(11):
                request(number, "GET", "/metrics", token="wrong")
        answer = request(number, "GET", "/readyz")
        assert answer[0] == 503
        validate("/readyz", "get", answer)
    finally:
        server.close()


@pytest.mark.parametrize(("path", "asked", "status"), READ)
def test_an_answer_is_as_described(port: int, path: str, asked: str, status: int) -> None:
    answer = request(port, "GET", asked or path)
    assert answer[0] == status
    validate(path, "get", answer)


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/api/builds", ("POST", "/api/builds", "{}", "other"), 401),
        ("/api/builds", ("POST", "/api/builds", "{}", "secret"), 422),
        ("/api/builds", ("POST", "/api/builds", '{"version":1,"key":"12345678","builds":[]}', "secret"), 200),
        ("/webhooks/{name}", ("POST", "/webhooks/hub", "{}", "other"), 401),
        ("/webhooks/{name}", ("POST", "/webhooks/hub", "{}", "secret"), 400),
        ("/webhooks/{name}", ("POST", "/webhooks/hub", '{"object_kind":"x"}', "secret"), 202),
        ("/webhooks/{name}", ("PUT", "/webhooks/hub", "{}", "secret"), 405),
    ],
)
def test_an_answer_to_what_is_taken_is_as_described(
    port: int, path: str, sent: tuple[str, str, str, str], status: int
) -> None:
    answer = request(port, *sent)
    assert answer[0] == status
    validate(path, "post", answer)
