"""What testing.servers promises of each: it serves its folder, restarts, and its log tells the truth."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from testing.servers.base import Server
from testing.servers.needs import require
from testing.servers.table import FILE_SERVERS

BODY = b"twenty bytes of data"


def get(url: str, method: str, headers: Mapping[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=dict(headers), method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def listening(port: int) -> set[str]:
    """The inodes of the sockets that listen on it (proc_pid_net(5): state 0A)."""
    lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    return {field[9] for field in fields if field[1].endswith(f":{port:04X}") and field[3] == "0A"}


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
        home, listeners = server.home, listening(server.port)
    assert listeners
    # By the sockets and not by the port, which a server of another test may have by now.
    assert not listeners & listening(server.port)
    assert not home.exists()


# As the process that lighttpd starts for its log, until it executes the shell: it has what its parent opened.
HEIR = """
import http.server, os, sys, time
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
reading, writing = os.pipe()
if os.fork() == 0:
    os.close(writing)
    os.read(reading, 1)
    time.sleep(0.5)
    os._exit(0)
server.serve_forever()
"""


class Inherited(Server):
    """Its socket is open for a while after it has ended, in a process that answers nothing."""

    PROGRAM = "true"

    def command(self) -> list[str]:
        return [sys.executable, "-c", HEIR, str(self.port)]


def test_a_server_that_is_down_is_not_taken_for_the_next_one() -> None:
    with Inherited() as server:
        for _ in range(2):
            assert get(server.url, "GET", {})
            server.restart()
        server.down()
        assert not server.answers()
