"""A repository of Composer packages on loopback: what composer reads when it resolves, and freshlayer too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Self
from urllib.parse import unquote

from msgspec import Struct, field

from testing.logging_server import Logged, LoggingServer, Reply


class ComposerPackage(Struct, frozen=True):
    """A version. ``more``: other keys of its document."""

    version: str
    php: str = ""
    more: Mapping[str, object] = field(default_factory=dict)

    def commit(self, name: str) -> str:
        """Of its source."""
        return sha1(f"{name} {self.version}".encode(), usedforsecurity=False).hexdigest()

    def document(self, name: str) -> dict[str, object]:
        """As the repository states it, in full."""
        commit = self.commit(name)
        dist = {"type": "zip", "url": "http://127.0.0.1:1/x.zip", "reference": commit, "shasum": ""}
        require = {"php": self.php} if self.php else {}
        return {
            "name": name,
            "version": self.version,
            "type": "library",
            "dist": dist,
            "require": require,
            **self.more,
        }


class ComposerRepository:
    """``packages.json``, ``p2/NAME.json``, ``p2/NAME~dev.json``, minified; no archive is served."""

    def __init__(self) -> None:
        self._packages: dict[str, Sequence[ComposerPackage]] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, name: str, *packages: ComposerPackage) -> None:
        """A package in place of the one with its name."""
        self._packages[name] = packages

    def _answer(self, request: Logged) -> Reply:
        path = unquote(request.target)
        if path == "/packages.json":
            return _reply({"packages": [], "metadata-url": "/p2/%package%.json"}, request)
        name = path.removeprefix("/p2/").removesuffix(".json")
        of_branches = name.endswith("~dev")
        name = name.removesuffix("~dev")
        if not path.startswith("/p2/") or name not in self._packages:
            return Reply(404, body=b"{}")
        versions = [it.document(name) for it in self._packages[name] if ("dev" in it.version) == of_branches]
        return _reply({"minified": "composer/2.0", "packages": {name: _minified(versions)}}, request)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _minified(versions: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Of each version what differs from the one before it."""
    found, known = [], dict[str, object]()
    for version in versions:
        changed = {key: value for key, value in version.items() if known.get(key) != value}
        gone = dict.fromkeys(known.keys() - version.keys(), "__unset")
        known = dict(version)
        found.append({**changed, **gone})
    return found


def _reply(document: object, request: Logged) -> Reply:
    body = json.dumps(document).encode()
    tag = f'"{sha1(body, usedforsecurity=False).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Reply(304, {"ETag": tag}, b"")
    return Reply(200, {"Content-Type": "application/json", "ETag": tag}, body)
