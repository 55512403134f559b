"""A daemon that builds nothing: it records the context that a docker client sends it, byte for byte."""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from testing.engine import is_foreign


class Sent(Struct, frozen=True):
    """One request to build: the tar, and the Dockerfile's path in it."""

    tar: bytes
    dockerfile: str


class RecordingDaemon:
    """Answers ``/_ping`` and ``/build`` on a socket below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._socket = directory / "recording.sock"
        self.sent: list[Sent] = []
        self._server = _Server(str(self._socket), _Handler)
        self._server.sent = self.sent
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def build(self, client: Path, root: Path, *words: str) -> tuple[Sent | None, str]:
        """What a docker client sends for ``docker build`` of a context; None, and why, where it refuses."""
        before = len(self.sent)
        kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if not is_foreign(name)}
        own = {
            "DOCKER_HOST": f"unix://{self._socket}",
            "DOCKER_BUILDKIT": "0",
            "DOCKER_CONFIG": str(self._socket.parent),
        }
        done = subprocess.run(
            [str(client), "build", *words, "."],
            cwd=root,
            env={**kept, **own},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        found = self.sent[before:]
        return (found[0] if found else None), done.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    sent: list[Sent]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"{}" if "_ping" not in self.path else b"OK")

    def do_POST(self) -> None:
        body = self._chunks()
        asked = urlsplit(self.path)
        if body is None:
            self.close_connection = True
            return
        if asked.path.endswith("/build"):
            named = parse_qs(asked.query).get("dockerfile", [""])[0]
            self.server.sent.append(Sent(body, named))
        self._answer(b'{"stream":"Successfully built 000000000000\\n"}\n')

    def _chunks(self) -> bytes | None:
        """The body; None where the client ended in the middle of it."""
        parts: list[bytes] = []
        while size := self._size():
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return None if size is None else b"".join(parts)

    def _size(self) -> int | None:
        line = self.rfile.readline().strip()
        return int(line, 16) if line else None

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in (
            ("Api-Version", "1.41"),
            ("Docker-Experimental", "false"),
            ("Ostype", "linux"),
            ("Builder-Version", "1"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def address_string(self) -> str:
        return "client"

    def log_message(self, *_: object) -> None:
        """Nothing: what was sent is what is recorded."""
