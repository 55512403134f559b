"""The API of ``freshlayer watch``: what it shows, and to whom."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from freshlayer.model.watched import Message
from freshlayer.state.watched import WatchRecords
from freshlayer.watch.board import Board
from freshlayer.watch.server import Server
from testing.command import FRESHLAYER, Freshlayer
from testing.origins import ServeOrigin
from testing.process import Child, wait_until
from testing.servers.base import free_port

TOKEN = "token of the api"


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """Where no builder is found."""
    environment = {**os.environ, "PATH": "/nowhere", "API_TOKEN": TOKEN}
    return Freshlayer(environment, tmp_path / "state.sqlite3", project)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@contextmanager
def serving(freshlayer: Freshlayer, log: Path, *words: str, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a service whose first round has ended."""
    port = free_port()
    argv = [*FRESHLAYER, "--state", str(freshlayer.state), "watch", "--listen", f"{host}:{port}", *words]
    child = Child(argv, log=log, environment=freshlayer.environment)
    try:
        child.wait_until(lambda: answered(port, "/readyz"), seconds=90)
        yield port
        os.kill(child.pid, signal.SIGTERM)
        wait_until(lambda: not child.is_running, seconds=90, what="the end of the service")
    finally:
        if child.is_running:
            os.kill(child.pid, signal.SIGKILL)
            wait_until(lambda: not child.is_running, seconds=90, what="the end of the service")


def answered(port: int, path: str) -> bool:
    try:
        return get(port, path)[0] == 200
    except OSError:
        return False


def get(
    port: int, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, str, Mapping[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, response.read().decode(), names
    finally:
        connection.close()


def test_the_api_shows_what_check_prints_and_refuses_everything_else(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        (project / name).mkdir()
        (project / name / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}{name}\n")
    first = str(project / "a" / "Dockerfile")
    with closing(WatchRecords(freshlayer.state, print)) as records:
        assert records.record([], [Message("other", "key", first, "{}")], at=int(time.time()))
    with serving(freshlayer, tmp_path / "log", str(project)) as port:
        status, body, headers = get(port, "/api/check")
        document = json.loads(body)
        assert (status, headers["content-type"]) == (200, "application/json")
        assert headers["x-content-type-options"] == "nosniff"
        assert json.loads(get(port, f"/api/check?dockerfile={first}")[1]) == document["dockerfiles"][0]
        assert get(port, "/api/check?dockerfile=/etc/passwd")[0] == 404
        standings = json.loads(get(port, "/api/dockerfiles")[1])["dockerfiles"]
        assert standings[0] == {"dockerfile": first, "stale_since": None, "causes": [], "triggered": {}}
        metrics = get(port, "/metrics")[1]
        assert "freshlayer_dockerfiles 2\n" in metrics
        assert re.search(r'freshlayer_probes_total\{host="127.0.0.1"\} \d+\n', metrics)
        assert "freshlayer_undelivered_messages 1\n" in metrics
        assert "freshlayer_dead_delivery_threads 0\n" in metrics
        assert get(port, "/healthz")[:2] == (200, "ok\n")
        assert [get(port, "/api/check", method)[0] for method in ("POST", "PUT", "DELETE")] == [405] * 3
        assert get(port, "/api/check", headers={"Host": "attacker.example"})[0] == 400
        assert get(port, "/nothing")[0] == 404
    told = freshlayer("watch", "--once", "--json", str(project))
    assert [it["inputs"][0]["reference"] for it in told.document["dockerfiles"]] == [
        it["inputs"][0]["reference"] for it in document["dockerfiles"]
    ]
    assert told.document["dockerfiles"][0].keys() == document["dockerfiles"][0].keys()


def test_a_name_that_is_not_utf8_is_shown_as_any_other(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    path = project / os.fsdecode(b"\xff") / "Dockerfile"
    path.parent.mkdir()
    path.write_text("FROM scratch\n")
    with serving(freshlayer, tmp_path / "log", str(project)) as port:
        status, body, _ = get(port, "/api/dockerfiles")
        assert (status, [it["dockerfile"] for it in json.loads(body)["dockerfiles"]]) == (200, [str(path)])
        quoted = quote(os.fsencode(path))
        assert get(port, f"/api/check?dockerfile={quoted}")[0] == 200
        assert get(port, f"/api/check?dockerfile={quoted}x")[0] == 404


def test_the_address_may_be_one_of_ipv6(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    try:
        port = free_port("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    argv = [*FRESHLAYER, "--state", str(freshlayer.state), "watch", "--listen", f"[::1]:{port}", str(project)]
    child = Child(argv, log=tmp_path / "log", environment=freshlayer.environment)
    try:
        child.wait_until(lambda: status_at(f"[::1]:{port}", "/readyz") == 200, seconds=90)
        assert status_at(f"[::1]:{port}", "/api/check") == 200
    finally:
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: not child.is_running, seconds=90, what="the end of the service")


def status_at(address: str, path: str) -> int:
    """0 where nothing answers."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_a_token_is_wanted_where_one_is_set(freshlayer: Freshlayer, project: Path, tmp_path: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n")
    config = tmp_path / "watch.toml"
    config.write_text('[api]\ntoken_env = "API_TOKEN"\n')
    with serving(freshlayer, tmp_path / "log", "--config", str(config), str(project), host="0.0.0.0") as port:
        paths = ("/metrics", "/api/check", "/api/dockerfiles", "/nothing")
        assert {get(port, path)[0] for path in paths} == {401}
        assert get(port, "/api/check", headers={"Authorization": "Bearer wrong"})[0] == 401
        status, body, _ = get(port, "/api/check", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (status, len(json.loads(body)["dockerfiles"])) == (200, 1)
        assert get(port, "/healthz")[0] == 200
    assert TOKEN not in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--listen", "0.0.0.0:1"), "--listen 0.0.0.0:1: an address that is not loopback needs a token"),
        (("--listen", "8765"), "--listen 8765: not an address (write HOST:PORT, or off)"),
    ],
)
def test_an_address_that_cannot_be_used_ends_the_start(
    freshlayer: Freshlayer, words: tuple[str, ...], message: str
) -> None:
    told = freshlayer("watch", *words, ".")
    assert (told.code, message in told.err) == (2, True)


def test_a_thread_of_delivery_that_ended_is_reported() -> None:
    board, dead = Board(), list[str]()
    board.deliver_by(lambda: dead)
    bound = socket.create_server(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    server = Server(board, bound, b"", lambda: 0)
    server.start()
    try:
        wait_until(lambda: answered(port, "/healthz"), seconds=90, what="the API")
        dead.append("ci")
        assert get(port, "/healthz")[:2] == (503, "nothing is delivered any more\n")
        assert "freshlayer_dead_delivery_threads 1\n" in get(port, "/metrics")[1]
    finally:
        server.close()
