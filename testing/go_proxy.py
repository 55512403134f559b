"""A proxy of Go modules on loopback: what go reads when it resolves, and freshlayer too."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Self
from urllib.parse import unquote

from msgspec import Struct, field

from testing.logging_server import Logged, LoggingServer, Reply

_TARGET = re.compile(r"/(.+?)/(@latest|@v/(.+))")


class GoModule(Struct, frozen=True):
    """``versions``: in the list. ``mods``: version → go.mod, where it is not the usual one.

    ``revisions``: query → version, which is not in the list. ``latest``: what ``@latest`` is. ``packages``:
    directories that have a program.
    """

    versions: Sequence[str] = ()
    mods: Mapping[str, str] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    latest: str = ""
    packages: Sequence[str] = ("",)


class GoProxy:
    """``@v/list``, ``@latest``, ``.info``, ``.mod``, ``.zip``."""

    def __init__(self) -> None:
        self._modules: dict[str, GoModule] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, path: str, module: GoModule) -> None:
        """A module in place of the one at its path."""
        self._modules[path] = module

    def _answer(self, request: Logged) -> Reply:
        match = _TARGET.fullmatch(re.sub(r"!([a-z])", lambda it: it[1].upper(), unquote(request.target)))
        module = self._modules.get(match[1]) if match else None
        if match is None or module is None:
            return Reply(404, body=b"not found")
        if match[2] == "@latest":
            return _reply(_info(module.latest), request) if module.latest else Reply(404, body=b"")
        if match[3] == "list":
            return _reply("".join(f"{it}\n" for it in module.versions), request)
        name, _, kind = match[3].rpartition(".")
        version = module.revisions.get(name, name)
        known = {*module.versions, *module.revisions.values(), module.latest}
        if version not in known:
            return Reply(404, body=b"not found")
        if kind == "info":
            return _reply(_info(version), request)
        text = module.mods.get(version, f"module {match[1]}\n\ngo 1.17\n")
        return _reply(text, request) if kind == "mod" else Reply(body=_zip(match[1], version, text, module))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _info(version: str) -> str:
    return json.dumps({"Version": version, "Time": "2024-01-01T00:00:00Z"})


def _zip(path: str, version: str, mod: str, module: GoModule) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{path}@{version}/go.mod", mod)
        for package in module.packages:
            place = f"{package}/main.go" if package else "main.go"
            archive.writestr(f"{path}@{version}/{place}", "package main\n\nfunc main() {}\n")
    return made.getvalue()


def _reply(text: str, request: Logged) -> Reply:
    tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Reply(304, {"ETag": tag}, b"")
    return Reply(200, {"Content-Type": "text/plain", "ETag": tag}, text.encode())
