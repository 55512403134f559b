"""A source of gems on loopback, by the compact index: what gem reads when it resolves, and freshlayer too."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5, sha256
from typing import Self

from msgspec import Struct

from testing.logging_server import Logged, LoggingServer, Reply


class Gem(Struct, frozen=True):
    """A version of a gem. ``platform``: empty where it is Ruby's own. ``ruby``: a requirement of it."""

    version: str
    platform: str = ""
    ruby: str = ""

    @property
    def full(self) -> str:
        """Version and platform."""
        return f"{self.version}-{self.platform}" if self.platform else self.version

    def digest(self, name: str) -> str:
        """Of its bytes, which are never served."""
        return sha256(f"{name}-{self.full}".encode()).hexdigest()


class GemSource:
    """``/``, ``/versions``, ``/info/NAME``, and nothing else: no specification or gem is served."""

    def __init__(self) -> None:
        self._gems: dict[str, Sequence[Gem]] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, name: str, *gems: Gem) -> None:
        """A gem in place of the one with its name."""
        self._gems[name] = gems

    def _answer(self, request: Logged) -> Reply:
        kind, _, name = request.target.strip("/").partition("/")
        if not kind:
            return _reply("a source of gems")
        if kind == "versions":
            return _reply("created_at: 2024-01-01T00:00:00Z\n---\n" + "".join(map(self._listed, self._gems)))
        if kind == "info" and name in self._gems:
            return _reply(self._info(name))
        return Reply(404, body=b"")

    def _listed(self, name: str) -> str:
        versions = ",".join(item.full for item in self._gems[name])
        return f"{name} {versions} {md5(self._info(name).encode(), usedforsecurity=False).hexdigest()}\n"

    def _info(self, name: str) -> str:
        lines = [
            f"{item.full} |checksum:{item.digest(name)}{f',ruby:{item.ruby}' if item.ruby else ''}\n"
            for item in self._gems[name]
        ]
        return "---\n" + "".join(lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _reply(text: str) -> Reply:
    tag = f'"{md5(text.encode(), usedforsecurity=False).hexdigest()}"'
    return Reply(200, {"Content-Type": "text/plain", "ETag": tag}, text.encode())
