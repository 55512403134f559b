"""A directory of package repositories, served on loopback as mirrors do: entity tags, dates, 304, a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from testing.logging_server import Logged, LoggingServer, Reply


class PackageOrigin:
    """``sent``: bytes of bodies. ``down``: every request is answered with 503.

    ``validators``: whether files have a tag and a date.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.down = False
        self.sent = 0
        self.validators = True
        self.server = LoggingServer(self._reply)
        self.url = self.server.url
        self._log: list[Logged] = []
        self._acts: dict[str, Callable[[], None]] = {}

    def when(self, name: str, act: Callable[[], None]) -> None:
        """Act once, after the file of that name was read for an answer."""
        self._acts[name] = act

    def _reply(self, logged: Logged) -> Reply:
        # apt-get writes the + of a version as %2b.
        path = self.directory / unquote(logged.target.split("?")[0]).lstrip("/")
        if self.down:
            return Reply(503, body=b"not now")
        if not path.is_file():
            return Reply(404, body=b"not here")
        content, modified = path.read_bytes(), path.stat().st_mtime
        if act := self._acts.pop(path.name, None):
            act()
        if not self.validators:
            self.sent += len(content)
            return Reply(body=content)
        tag = f'"{sha256(content).hexdigest()[:20]}"'
        headers = {"ETag": tag, "Last-Modified": formatdate(modified, usegmt=True)}
        if logged.headers.get("if-none-match") == tag:
            return Reply(304, headers, b"")
        self.sent += len(content)
        return Reply(headers=headers, body=content)

    def requests(self) -> list[str]:
        """What freshlayer requested since the last call; a request that had a condition ends in ``?``."""
        own, self._log = self._of(freshlayer=True), self._of(freshlayer=False)
        return [f"{it.target}{'?' if 'if-none-match' in it.headers else ''}" for it in own]

    def requested(self) -> int:
        """How many requests of any program there were since the last call."""
        count, self._log = len(self._log + self.server.requests()), []
        return count

    def installed(self) -> list[str]:
        """The packages that builds got since the last call, by file name."""
        others = self._of(freshlayer=False)
        self._log = self._of(freshlayer=True)
        return sorted(unquote(it.target.rpartition("/")[2]) for it in others if it.target.endswith(".deb"))

    def _of(self, *, freshlayer: bool) -> list[Logged]:
        self._log += self.server.requests()
        agents = [(it, it.headers.get("user-agent", "")) for it in self._log]
        return [it for it, agent in agents if agent.startswith("freshlayer") is freshlayer]


@contextmanager
def package_origin(directory: Path) -> Iterator[PackageOrigin]:
    """A server of a directory, until the end of the block."""
    origin = PackageOrigin(directory)
    with origin.server:
        yield origin
