"""A small origin to try things on: conditional requests, ranges, and a tag that changes while it runs.

``freshlayer serve`` runs it as a process of its own, ``freshlayer demo`` in a thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from email.utils import formatdate
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from freshlayer import __version__
from freshlayer.evidence.http_date import seconds

CONTROL = "/.freshlayer/"
_LONGEST_CONTROL = 64 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Request:
    """A request that was answered. The names of headers are in lower case."""

    method: str
    path: str
    status: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Resource:
    """What is served at a path. ``entity_tag`` as it is sent, quotes included."""

    content: bytes | Path
    entity_tag: str
    modified: str

    @cached_property
    def length(self) -> int:
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    def write(self, start: int, length: int, send: Callable[[bytes], object]) -> None:
        """Send a part, in pieces."""
        if isinstance(self.content, bytes):
            send(self.content[start : start + length])
            return
        with self.content.open("rb") as stream:
            stream.seek(start)
            while length and (piece := stream.read(min(_CHUNK, length))):
                send(piece)
                length -= len(piece)


class Tagged:
    """One resource at every path, with a tag of the user's choice."""

    def __init__(self, tag: str) -> None:
        self._lock = threading.Lock()
        self._resource = _tagged(Resource(b"", "", formatdate(usegmt=True)), tag)

    def find(self, _path: str) -> Resource | None:
        with self._lock:
            return self._resource

    def control(self, name: str, value: str) -> bool:
        """``PUT /.freshlayer/etag`` and ``…/last-modified``; whether the request made sense."""
        with self._lock:
            if name == "etag" and value:
                self._resource = _tagged(self._resource, value)
            elif name == "last-modified" and seconds(value) is not None:
                self._resource = replace(self._resource, modified=value)
            else:
                return False
        return True


def _tagged(resource: Resource, tag: str) -> Resource:
    quoted = tag if re.match(r'(?:W/)?"', tag) else f'"{tag}"'
    return replace(resource, content=f"the content of {quoted}\n".encode(), entity_tag=quoted)


class Directory:
    """The files of a directory; the tag is the SHA-256 of the content, so a touched file keeps it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._tags: dict[tuple[str, int, int], str] = {}

    def find(self, path: str) -> Resource | None:
        file = (self._root / unquote(urlsplit(path).path).lstrip("/")).resolve()
        if not file.is_relative_to(self._root) or not file.is_file():
            return None
        status = file.stat()
        return Resource(file, self._tag(file, status), formatdate(status.st_mtime, usegmt=True))

    def control(self, _name: str, _value: str) -> bool:
        """The tags are changed by changing the files."""
        return False

    def _tag(self, file: Path, status: os.stat_result) -> str:
        known = (str(file), status.st_mtime_ns, status.st_size)
        if known not in self._tags:
            with file.open("rb") as stream:
                self._tags[known] = f'"{hashlib.file_digest(stream, "sha256").hexdigest()}"'
        return self._tags[known]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"freshlayer/{__version__}"
    sys_version = ""
    timeout = 60
    origin: ClassVar[Tagged | Directory]
    log: ClassVar[Callable[[Request], None]]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdigit() and len(length) < len(str(_LONGEST_CONTROL)) + 1 else 0
        value = self.rfile.read(min(size, _LONGEST_CONTROL)).decode("utf-8", "replace").strip()
        name = self.path.removeprefix(CONTROL) if self.path.startswith(CONTROL) else ""
        done = bool(name) and value.isprintable() and self.origin.control(name, value)
        self._send(
            HTTPStatus.NO_CONTENT if done else HTTPStatus.BAD_REQUEST,
            {"Content-Length": "0"} if not done else {},
        )

    def _answer(self, *, body: bool) -> None:
        """RFC 9110 §13.2.2: preconditions first, then the range."""
        resource = self.origin.find(self.path)
        if resource is None:
            self._send(HTTPStatus.NOT_FOUND, {"Content-Length": "0"})
            return
        headers = {"ETag": resource.entity_tag, "Last-Modified": resource.modified, "Accept-Ranges": "bytes"}
        if self._not_modified(resource):
            self._send(HTTPStatus.NOT_MODIFIED, headers)
            return
        status, start, length = self._range(resource) if body else (HTTPStatus.OK, 0, resource.length)
        if status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            headers |= {"Content-Range": f"bytes */{resource.length}"}
        elif status is HTTPStatus.PARTIAL_CONTENT:
            headers |= {"Content-Range": f"bytes {start}-{start + length - 1}/{resource.length}"}
        self._send(status, headers | {"Content-Length": str(length)})
        if body:
            resource.write(start, length, self.wfile.write)

    def _not_modified(self, resource: Resource) -> bool:
        """§13.1.2: weak comparison; §13.1.3: a date counts only without a tag."""
        wanted = self.headers.get("If-None-Match")
        if wanted is not None:
            tags = re.findall(r'"[^"]*"', wanted)
            return wanted.strip() == "*" or resource.entity_tag.removeprefix("W/") in tags
        since, modified = seconds(self.headers.get("If-Modified-Since", "")), seconds(resource.modified)
        return since is not None and modified is not None and modified <= since

    def _range(self, resource: Resource) -> tuple[HTTPStatus, int, int]:
        """§14.2: one range is honoured, several are answered with the whole."""
        match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range", "")
        fits = not condition or condition in {resource.entity_tag, resource.modified}
        if not match or not fits or match[0] == "bytes=-" or condition.startswith("W/"):
            return HTTPStatus.OK, 0, resource.length
        first, last = match.groups()
        start = int(first) if first else max(0, resource.length - int(last))
        end = min(int(last), resource.length - 1) if first and last else resource.length - 1
        if start >= resource.length:
            return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, 0
        if end < start:
            return HTTPStatus.OK, 0, resource.length
        return HTTPStatus.PARTIAL_CONTENT, start, end - start + 1

    def _send(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        # Logged first, so that a client that has its answer finds the request in the log.
        if not self.path.startswith(CONTROL):
            self._log(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _log(self, status: HTTPStatus) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).log(Request(self.command, self.path, int(status), headers))

    def log_message(self, *_arguments: object) -> None:
        """The log is ``log``."""


def serve(origin: Tagged | Directory, host: str, port: int) -> None:
    """Serve until interrupted. The first line on standard output is the address. Raises OSError."""
    with _server(origin, host, port, _print) as server:
        sys.stdout.write(f"serving on http://{host}:{server.server_address[1]}/\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)


@contextmanager
def running(origin: Tagged | Directory) -> Iterator[tuple[str, list[Request]]]:
    """Serve on loopback in a thread: the URL, and the log, to which each request is appended.

    Raises OSError.
    """
    log: list[Request] = []
    with _server(origin, "127.0.0.1", 0, log.append) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", log
        finally:
            server.shutdown()
            thread.join()


def _server(
    origin: Tagged | Directory, host: str, port: int, log: Callable[[Request], None]
) -> ThreadingHTTPServer:
    members = {"origin": origin, "log": staticmethod(log)}
    server = ThreadingHTTPServer((host, port), type("Handler", (_Handler,), members))
    server.daemon_threads = True
    return server


def _print(request: Request) -> None:
    sys.stdout.write(json.dumps(asdict(request)) + "\n")
    sys.stdout.flush()
