"""Well-behaved origins, each a process of its own, whose log of requests is what tests assert on."""

import http.client
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import urlsplit

from testing.process import Child, ChildError, ForkedChild
from testing.warm_start import fits

GREETING = "serving on "
RESTIFY = Path(__file__).parent / "restify"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the origin saw it; names of headers are in lower case. Status 0: not logged."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]


class HasRequests(Protocol):
    """Whatever logs requests."""

    def requests(self) -> list[Request]:
        """All of them, oldest first."""


def parse_log(text: str) -> Iterator[Request]:
    """The requests in a log, which has a line of JSON for each; one still being written is left out."""
    for line in text.splitlines(keepends=True):
        if line.startswith("{") and line.endswith("\n"):
            entry = json.loads(line)
            headers = {name.lower(): value for name, value in entry["headers"].items()}
            yield Request(entry["method"], entry["path"], entry["status"], headers)


def by_builds(requests: Iterable[Request]) -> list[Request]:
    """Those that builds made, of any method: freshlayer's own carry its name."""
    return [r for r in requests if not r.headers.get("user-agent", "").startswith("freshlayer")]


def fetched(*origins: HasRequests) -> list[str]:
    """The paths that builds got, of one origin after the other, each in order."""
    return [r.path for origin in origins for r in by_builds(origin.requests()) if r.method == "GET"]


class Origin:
    """One file at `/` with an entity tag that can be changed; it can go down and come up again."""

    def __init__(self, directory: Path, tag: str) -> None:
        self._directory = directory
        self._tag = tag
        self._last_modified: str | None = None
        self._logs: list[Path] = []
        self._child: Child | None = None
        self.url = ""
        self.up()

    def command(self, port: int, tag: str) -> list[str]:
        """The program and arguments that serve `tag` on `port`, 0 for any free one."""
        raise NotImplementedError

    def _start(self, command: list[str], log: Path) -> Child:
        return Child(command, log=log, environment={**os.environ, "NODE_NO_WARNINGS": "1"})

    def requests(self) -> list[Request]:
        """Every request since the first start, oldest first."""
        return [request for log in self._logs for request in parse_log(log.read_text(encoding="utf-8"))]

    def set_tag(self, tag: str) -> None:
        """Have the origin serve other content, under this tag."""
        self._tag = tag
        self._tell("etag", tag)

    def touch(self, http_date: str) -> None:
        """Move Last-Modified under an unchanged tag."""
        self._last_modified = http_date
        self._tell("last-modified", http_date)

    def down(self) -> None:
        """Stop answering: connections to the port are refused."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def up(self) -> None:
        """Answer again, on the port and with the tag of before."""
        if self._child is not None:
            return
        log = self._directory / f"origin-{id(self):x}-{len(self._logs)}.log"
        self._child = self._start(self.command(self._port(), self._tag), log)
        self._logs.append(log)
        try:
            self.url = self._child.wait_for_line(GREETING)
        except ChildError:
            self.down()
            raise
        if self._last_modified is not None:
            self._tell("last-modified", self._last_modified)

    def close(self) -> None:
        self.down()

    def _port(self) -> int:
        return urlsplit(self.url).port or 0

    def _tell(self, what: str, value: str) -> None:
        if self._child is None:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._port(), timeout=5)
        try:
            connection.request("PUT", f"/.freshlayer/{what}", value.encode())
            status = connection.getresponse().status
        finally:
            connection.close()
        if status >= 300:
            raise RuntimeError(f"{self.url} answered {status} to its new {what}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Serve(Origin):
    def _start(self, command: list[str], log: Path) -> Child:
        if fits(os.environ):
            return ForkedChild(command, log=log)
        return super()._start([sys.executable, "-m", "freshlayer", *command], log)


class ServeOrigin(_Serve):
    """freshlayer's own `serve`."""

    def command(self, port: int, tag: str) -> list[str]:
        return ["serve", "--etag", tag, "--port", str(port)]


class DirectoryOrigin(_Serve):
    """freshlayer's own `serve DIR`: each file has the hash of its content as its tag."""

    def __init__(self, directory: Path, served: Path) -> None:
        self._served = served
        super().__init__(directory, "")

    def command(self, port: int, tag: str) -> list[str]:  # noqa: ARG002 - files bring their own tags
        return ["serve", str(self._served), "--port", str(port)]


class RestifyOrigin(Origin):
    """A restify server: a tag, and neither length nor ranges nor conditional requests."""

    def command(self, port: int, tag: str) -> list[str]:
        return ["node", str(RESTIFY / "server.js"), str(port), tag]
