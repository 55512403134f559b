"""What installers of tools read to learn a version, on loopback: no archive is served."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Self

from testing.logging_server import Logged, LoggingServer, Reply

NODE: tuple[tuple[str, str | bool], ...] = (
    ("v22.1.0", False),
    ("v21.7.3", False),
    ("v20.12.2", "Iron"),
    ("v20.9.0", "Iron"),
    ("v20.8.1", False),
    ("v18.20.2", "Hydrogen"),
    ("v18.9.10", "Hydrogen"),
    ("v16.20.2", "Gallium"),
    ("v0.12.18", False),
)
"""Versions and the names of their lines, as nodejs.org lists them."""


class ToolChannels:
    """``documents``: path → text. A mirror of nodejs.org, of static.rust-lang.org and of SDKMAN."""

    def __init__(self) -> None:
        self.documents = {
            "/dist/channel-rust-stable.toml.sha256": _hashed("stable", "1"),
            "/dist/channel-rust-nightly.toml.sha256": _hashed("nightly", "1"),
            "/dist/channel-rust-1.80.toml.sha256": _hashed("1.80", "1"),
            "/rustup/release-stable.toml": "schema-version = '1'\nversion = '1.27.1'\n",
            "/candidates/default/java": "21.0.5-tem",
        }
        self.list_node(*NODE)
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def list_node(self, *versions: tuple[str, str | bool]) -> None:
        """The list of Node.js in place of the one that is there."""
        listed: list[dict[str, object]] = [
            {"version": version, "date": "2024-05-02", "files": [], "lts": lts} for version, lts in versions
        ]
        self.documents["/index.json"] = json.dumps(listed)

    def publish_rust(self, channel: str, what: str) -> None:
        """Another release on a channel."""
        self.documents[f"/dist/channel-rust-{channel}.toml.sha256"] = _hashed(channel, what)

    def _answer(self, request: Logged) -> Reply:
        text = self.documents.get(request.target)
        if text is None:
            return Reply(404, body=b"")
        tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        return Reply(200, {"ETag": tag}, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _hashed(channel: str, what: str) -> str:
    return f"{sha256(what.encode()).hexdigest()}  channel-rust-{channel}.toml\n"
