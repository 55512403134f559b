"""Conda channels on loopback: ``repodata.json`` or its shards (CEP 16), and no package."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Self

import msgspec
import zstandard
from msgspec import Struct

from testing.logging_server import Logged, LoggingServer, Reply


class CondaBuild(Struct, frozen=True):
    """One build. ``subdir``: ``noarch`` for one of all platforms."""

    name: str
    version: str
    build: str = "0"
    number: int = 0
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    features: str = ""
    time: int = 1_700_000_000_000
    subdir: str = "linux-64"
    form: str = "conda"

    @property
    def file(self) -> str:
        """Its name, which no test requests."""
        return f"{self.name}-{self.version}-{self.build}.{self.form}"

    @property
    def sha256(self) -> bytes:
        """Of its bytes, which are never served."""
        return sha256(f"{self.file}{self.depends}".encode()).digest()

    def record(self) -> dict[str, object]:
        """As repodata has it."""
        found: dict[str, object] = {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": self.number,
            "depends": list(self.depends),
            "constrains": list(self.constrains),
            "license": "MIT, \u00a9",
            "md5": self.sha256[:16].hex(),
            "sha256": self.sha256.hex(),
            "size": 1000,
            "subdir": self.subdir,
            **({"timestamp": self.time} if self.time else {}),
        }
        return found | ({"track_features": self.features} if self.features else {})


class CondaChannel:
    """``/NAME/SUBDIR/…`` of channels by their names. ``sharded``: whether a channel has shards."""

    def __init__(self) -> None:
        self._documents: dict[str, bytes] = {}
        self.server = LoggingServer(self._answer)
        self.url = self.server.url

    def publish(
        self,
        name: str,
        builds: Iterable[CondaBuild],
        *,
        sharded: bool = True,
        zst: bool = True,
        base: str = "./shards/",
    ) -> str:
        """A channel in place of the one with its name: its address. ``base``: where its shards are."""
        self._documents = {
            path: it for path, it in self._documents.items() if not path.startswith(f"/{name}/")
        }
        by_subdir: dict[str, list[CondaBuild]] = defaultdict(list)
        for it in builds:
            by_subdir[it.subdir].append(it)
        for subdir in sorted({*by_subdir, "noarch", "linux-64"}):
            self._documents |= _documents(
                f"/{name}/{subdir}", by_subdir[subdir], base, sharded=sharded, zst=zst
            )
        return f"{self.url}/{name}"

    def _answer(self, request: Logged) -> Reply:
        body = self._documents.get(request.target)
        if body is None:
            return Reply(404, body=b"")
        tag = f'"{sha256(body).hexdigest()[:20]}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        return Reply(200, {"Content-Type": "application/octet-stream", "ETag": tag}, body)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def repodata_of(subdir: str, builds: Iterable[CondaBuild]) -> bytes:
    """``repodata.json``."""
    every = list(builds)
    found = {
        "info": {"subdir": subdir},
        "packages": {it.file: it.record() for it in every if it.form != "conda"},
        "packages.conda": {it.file: it.record() for it in every if it.form == "conda"},
        "removed": [],
        "repodata_version": 1,
    }
    return json.dumps(found, ensure_ascii=False).encode()


def _documents(
    path: str, builds: list[CondaBuild], base: str, *, sharded: bool, zst: bool
) -> Mapping[str, bytes]:
    subdir = path.rpartition("/")[2]
    whole = repodata_of(subdir, builds)
    found = {f"{path}/repodata.json": whole}
    if zst:
        found[f"{path}/repodata.json.zst"] = _packed(whole)
    if sharded:
        shards = {name: _shard(it for it in builds if it.name == name) for name in {it.name for it in builds}}
        info = {
            "base_url": "../",
            "shards_base_url": base,
            "subdir": subdir,
            "created_at": "2026-01-01T00:00:00Z",
        }
        digests = {name: sha256(it).digest() for name, it in shards.items()}
        index = {"version": 1, "info": info, "shards": digests}
        found[f"{path}/repodata_shards.msgpack.zst"] = _packed(msgspec.msgpack.encode(index))
        found |= {f"{path}/shards/{digests[name].hex()}.msgpack.zst": it for name, it in shards.items()}
    return found


def _shard(builds: Iterable[CondaBuild]) -> bytes:
    sections: dict[str, dict[str, object]] = {"packages": {}, "packages.conda": {}}
    for it in builds:
        record = it.record() | {"sha256": it.sha256, "md5": it.sha256[:16]}
        sections["packages.conda" if it.form == "conda" else "packages"][it.file] = record
    return _packed(msgspec.msgpack.encode({**sections, "removed": []}))


def _packed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(body)
