"""A directory of package repositories, served on loopback as mirrors do: entity tags, dates, 304, a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from testing.logging_server import Logged, LoggingServer, Reply


class PackageOrigin:
    """``down``: every request is answered with 503. ``validators``: whether files have a tag and a date."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.down = False
        self.validators = True
        self.server = LoggingServer(self._reply)
        self.url = self.server.url

    def _reply(self, logged: Logged) -> Reply:
        path = self.directory / unquote(logged.target.split("?")[0]).lstrip("/")
        if self.down:
            return Reply(503, body=b"not now")
        if not path.is_file():
            return Reply(404, body=b"not here")
        content = path.read_bytes()
        if not self.validators:
            return Reply(body=content)
        tag = f'"{sha256(content).hexdigest()[:20]}"'
        headers = {"ETag": tag, "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}
        if logged.headers.get("if-none-match") == tag:
            return Reply(304, headers, b"")
        return Reply(headers=headers, body=content)

    def requests(self) -> list[str]:
        """What freshlayer requested since the last call; a request that had a condition ends in ``?``."""
        return [
            f"{it.target}{'?' if 'if-none-match' in it.headers else ''}"
            for it in self.server.requests()
            if it.headers.get("user-agent", "").startswith("freshlayer")
        ]


@contextmanager
def package_origin(directory: Path) -> Iterator[PackageOrigin]:
    """A server of a directory, until the end of the block."""
    origin = PackageOrigin(directory)
    with origin.server:
        yield origin
