"""A Maven repository on loopback that has metadata alone: no POM and no archive is served."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Self

from msgspec import Struct, field

from testing.logging_server import Logged, LoggingServer, Reply


class Artifact(Struct, frozen=True):
    """``snapshots``: version → its newest build, ``timestamp-number``."""

    versions: tuple[str, ...] = ()
    latest: str = ""
    release: str = ""
    snapshots: Mapping[str, str] = field(default_factory=dict)
    updated: str = "20240101120000"

    @property
    def metadata(self) -> str:
        """Of the artifact."""
        listed = "".join(f"<version>{it}</version>" for it in self.versions)
        known = {"latest": self.latest, "release": self.release}
        stated = "".join(f"<{key}>{it}</{key}>" for key, it in known.items() if it)
        return _document("", f"{stated}<versions>{listed}</versions>{self._updated}")

    def of_snapshot(self, version: str) -> str:
        """Of a snapshot."""
        stamp, _, number = self.snapshots[version].rpartition("-")
        build = f"<snapshot><timestamp>{stamp}</timestamp><buildNumber>{number}</buildNumber></snapshot>"
        return _document(f"<version>{version}</version>", f"{build}{self._updated}")

    @property
    def _updated(self) -> str:
        return f"<lastUpdated>{self.updated}</lastUpdated>"


def _document(before: str, versioning: str) -> str:
    return f"<metadata>{before}<versioning>{versioning}</versioning></metadata>"


class MavenMetadata:
    """All artifacts are of the group ``g.x``."""

    def __init__(self) -> None:
        self._documents: dict[str, str] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, name: str, artifact: Artifact) -> None:
        """An artifact in place of the one with its name."""
        self._documents[f"/g/x/{name}/maven-metadata.xml"] = artifact.metadata
        for version in artifact.snapshots:
            self._documents[f"/g/x/{name}/{version}/maven-metadata.xml"] = artifact.of_snapshot(version)

    def _answer(self, request: Logged) -> Reply:
        text = self._documents.get(request.target)
        if text is None:
            return Reply(404, body=b"")
        tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        return Reply(200, {"ETag": tag, "Content-Type": "text/xml"}, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
