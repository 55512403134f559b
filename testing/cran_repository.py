"""A CRAN-like repository on loopback: ``PACKAGES.gz`` and nothing else: no archive is served."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Self

from msgspec import Struct

from testing.logging_server import Logged, LoggingServer, Reply


class RPackage(Struct, frozen=True):
    """A version of a package. ``depends``: as in DESCRIPTION."""

    version: str
    depends: str = ""
    system: str = ""
    imports: str = ""

    def digest(self, name: str) -> str:
        """Of its bytes, which are never served."""
        return md5(f"{name}_{self.version}{self.depends}".encode(), usedforsecurity=False).hexdigest()

    def record(self, name: str) -> str:
        """As ``PACKAGES`` has it."""
        fields = {
            "Package": name,
            "Version": self.version,
            "Depends": self.depends,
            "Imports": self.imports,
            "License": "GPL (>= 2)\n        | file LICENSE",
            "MD5sum": self.digest(name),
            "OS_type": self.system,
            "NeedsCompilation": "no",
        }
        return "".join(f"{key}: {value}\n" for key, value in fields.items() if value)


class CranRepository:
    """What is below ``/ANYTHING`` is the same repository, so that a log can tell who asked."""

    def __init__(self) -> None:
        self._packages: dict[str, Sequence[RPackage]] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, packages: Mapping[str, Sequence[RPackage]]) -> None:
        """Packages in place of those with their names."""
        self._packages |= packages

    def _answer(self, request: Logged) -> Reply:
        if not re.search(r"/src/contrib/PACKAGES(?:\.gz)?$", request.target):
            return Reply(404, body=b"")
        records = (it.record(name) for name, items in self._packages.items() for it in items)
        text = "\n".join(records).encode()
        tag = f'"{md5(text, usedforsecurity=False).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        body = gzip.compress(text, mtime=0) if request.target.endswith(".gz") else text
        return Reply(200, {"Content-Type": "application/octet-stream", "ETag": tag}, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
