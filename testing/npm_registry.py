"""A registry of npm packages on loopback: what npm reads when it resolves, and freshlayer too."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha512
from typing import Self
from urllib.parse import unquote

from msgspec import Struct, field

from testing.logging_server import Logged, LoggingServer, Reply


class Published(Struct, frozen=True):
    """A version of a package."""

    version: str
    deprecated: str = ""
    node: str = ""
    requires: Mapping[str, object] = field(default_factory=dict)
    """``dependencies``, ``peerDependencies``, ``os``, …: as a registry states them."""
    time: str = ""
    """When it was published: in the long form of the list alone."""

    def archive(self, name: str) -> bytes:
        """Its bytes: a package.json and nothing else."""
        manifest = json.dumps({"name": name, "version": self.version, **self.requires}).encode()
        member = tarfile.TarInfo("package/package.json")
        member.size = len(manifest)
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w") as archive:
            archive.addfile(member, io.BytesIO(manifest))
        return gzip.compress(body.getvalue(), mtime=0)

    def document(self, name: str, registry: str) -> dict[str, object]:
        """As the registry states it."""
        digest = b64encode(sha512(self.archive(name)).digest()).decode()
        found: dict[str, object] = {
            "name": name,
            "version": self.version,
            "dist": {
                "tarball": f"{registry}/{name}/-/{name.rpartition('/')[2]}-{self.version}.tgz",
                "integrity": f"sha512-{digest}",
            },
        }
        if self.deprecated:
            found["deprecated"] = self.deprecated
        if self.node:
            found["engines"] = {"node": self.node}
        return {**found, **self.requires}


class Package(Struct, frozen=True):
    """A package. ``tags``: besides ``latest``, which is the last version that is no pre-release."""

    versions: Sequence[Published]
    tags: Mapping[str, str] = field(default_factory=dict)


class NpmRegistry:
    """The list of all versions, the document of one; archives only where that is wanted."""

    def __init__(self, *, archives: bool = False) -> None:
        self._archives = archives
        self._packages: dict[str, Package] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(self, name: str, package: Package) -> None:
        """A package in place of the one with its name."""
        self._packages[name] = package

    def _answer(self, request: Logged) -> Reply:
        path = unquote(request.target.lstrip("/"))
        name, _, version = path.partition("/") if not path.startswith("@") else _scoped(path)
        package = self._packages.get(name)
        if package is None:
            return Reply(404, body=b"{}")
        if version.startswith("-/"):
            return self._archive(name, version, package)
        tags = _tags(package)
        documents = {it.version: it.document(name, self.url) for it in package.versions}
        if version:
            found = documents.get(tags.get(version, version))
            return Reply(404, body=b"{}") if found is None else _reply(found, request)
        listed: dict[str, object] = {"name": name, "dist-tags": tags, "versions": documents}
        times = {it.version: it.time for it in package.versions if it.time}
        if times and not request.headers.get("accept", "").startswith("application/vnd.npm"):
            listed["time"] = times
        return _reply(listed, request)

    def _archive(self, name: str, path: str, package: Package) -> Reply:
        stated = path.removesuffix(".tgz").removeprefix(f"-/{name.rpartition('/')[2]}-")
        found = next((it for it in package.versions if it.version == stated), None)
        if found is None or not self._archives:
            return Reply(404, body=b"{}")
        return Reply(200, {"Content-Type": "application/octet-stream"}, found.archive(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _tags(package: Package) -> dict[str, str]:
    stable = [it.version for it in package.versions if "-" not in it.version]
    return {"latest": [*(it.version for it in package.versions), *stable][-1], **package.tags}


def _scoped(path: str) -> tuple[str, str, str]:
    scope, _, rest = path.partition("/")
    name, slash, version = rest.partition("/")
    return f"{scope}/{name}", slash, version


def _reply(document: object, request: Logged) -> Reply:
    body = json.dumps(document).encode()
    tag = f'"{sha512(body).hexdigest()[:16]}"'
    headers = {"Content-Type": "application/json", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Reply(304, headers, b"")
    return Reply(200, headers, body)
