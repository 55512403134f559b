"""The relay: connections beyond its descriptors wait, and end neither it nor its process."""

from __future__ import annotations

import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MANY = 100
FEW, ENOUGH = 64, 1_000
PATIENCE = 20.0
RELAY = """\
import os, resource, sys
from testing.latency import Latency
behind, soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
with Latency(behind, 0.01) as wire:
    print(wire.port, flush=True)
    for line in sys.stdin:
        os.close(os.open(os.devnull, os.O_RDONLY))
        print(wire.connections, flush=True)
"""


class Relay:
    """The relay in a process with few descriptors."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = self._line()

    def connections(self) -> int:
        """Of all clients so far; the process opens a file to answer."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while said := self.request.recv(16):
            self.request.sendall(said)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = MANY
    daemon_threads = True


@pytest.fixture(scope="module")
def behind() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def relay(behind: int, soft: int, hard: int) -> Iterator[Relay]:
    argv = [sys.executable, "-c", RELAY, str(behind), str(soft), str(hard)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdin=-1, stdout=-1, text=True) as process:
        try:
            yield Relay(process)
        finally:
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@contextmanager
def clients(port: int) -> Iterator[list[socket.socket]]:
    made = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(MANY)]
    try:
        for number, client in enumerate(made):
            client.sendall(bytes([number]))
        yield made
    finally:
        for client in made:
            client.close()


def test_clients_beyond_its_descriptors_wait_for_those_before_them(behind: int) -> None:
    with relay(behind, FEW, FEW) as wire, clients(wire.port) as made:
        for number, client in enumerate(made):
            assert client.recv(1) == bytes([number])
            assert wire.connections() < FEW // 2 + number + 1
            client.close()


def test_it_serves_on_after_clients_that_all_end_at_once(behind: int) -> None:
    with relay(behind, FEW, FEW) as wire:
        for _ in range(2):
            with clients(wire.port) as made:
                assert made[0].recv(1) == b"\0"
        with socket.create_connection(("127.0.0.1", wire.port), PATIENCE) as last:
            last.sendall(b"x")
            assert last.recv(1) == b"x"


def test_it_takes_as_many_descriptors_as_it_may(behind: int) -> None:
    with relay(behind, FEW, ENOUGH) as wire, clients(wire.port) as made:
        assert [client.recv(1) for client in made] == [bytes([number]) for number in range(MANY)]
        assert wire.connections() == MANY
