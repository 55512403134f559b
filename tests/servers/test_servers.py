"""What testing.servers promises of each: it serves its folder, restarts, and its log tells the truth."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping

import pytest

from testing.servers.needs import require
from testing.servers.table import FILE_SERVERS

BODY = b"twenty bytes of data"


def get(url: str, method: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers), method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
    return body


@pytest.mark.parametrize("name", FILE_SERVERS)
def test_a_server_serves_its_folder_and_tells_what_it_sent_even_after_a_restart(name: str) -> None:
    kind = FILE_SERVERS[name]
    require(*kind.programs)
    with kind.make() as server:
        (server.directory / "file").write_bytes(BODY)
        assert get(server.url + "file", "GET", {}) == BODY
        server.restart()
        part = get(server.url + "file", "GET", {"Range": "bytes=0-0"})
        log = server.requests()
    assert [(r.method, r.path) for r in log] == [("GET", "/file"), ("GET", "/file")]
    assert [r.body_bytes for r in log] == [len(BODY), len(part)]


@pytest.mark.parametrize("name", FILE_SERVERS)
def test_a_closed_server_leaves_neither_a_listener_nor_a_folder(name: str) -> None:
    kind = FILE_SERVERS[name]
    require(*kind.programs)
    with kind.make() as server:
        port, home = server.port, server.home
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    with pytest.raises(ConnectionRefusedError):
        connection.connect()
    assert not home.exists()
