"""A source of NuGet packages on loopback, in the protocol of version 3: no package is served."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Self

from testing.logging_server import Logged, LoggingServer, Reply


class NugetSource:
    """``/v3/index.json``, and the versions of each package below ``/flat/``."""

    def __init__(self) -> None:
        self._versions: dict[str, tuple[str, ...]] = {}
        self.server = LoggingServer(self._answer)
        self.url = f"{self.server.url}/v3/index.json"

    def publish(self, name: str, *versions: str) -> None:
        """A package in place of the one with its name."""
        self._versions[name.lower()] = versions

    def _answer(self, request: Logged) -> Reply:
        address = f"{self.server.url}/flat/"
        service = [
            {"@id": f"{self.server.url}/query", "@type": "SearchQueryService/3.5.0"},
            {"@id": address, "@type": "PackageBaseAddress/3.0.0"},
        ]
        documents: dict[str, object] = {"/v3/index.json": {"version": "3.0.0", "resources": service}}
        for name, versions in self._versions.items():
            documents[f"/flat/{name}/index.json"] = {"versions": list(versions)}
        found = documents.get(request.target)
        if found is None:
            return Reply(404, body=b"")
        body = json.dumps(found).encode()
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        return Reply(200, {"ETag": tag, "Content-Type": "application/json"}, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
