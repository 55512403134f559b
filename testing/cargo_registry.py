"""A registry of crates on loopback, by the sparse protocol: what cargo reads when it resolves."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from gzip import GzipFile
from hashlib import sha256
from io import BytesIO
from typing import Self

from msgspec import Struct

from testing.logging_server import Logged, LoggingServer, Reply


class Crate(Struct, frozen=True):
    """A version of a crate. ``rust``: the oldest compiler. ``requires``: (crate, requirement)."""

    version: str
    yanked: bool = False
    rust: str = ""
    requires: tuple[tuple[str, str], ...] = ()

    def body(self, name: str) -> bytes:
        """The archive: a library of nothing."""
        needs = "".join(f'{crate} = "{requirement}"\n' for crate, requirement in self.requires)
        head = f'[package]\nname = "{name}"\nversion = "{self.version}"\nedition = "2021"\n'
        manifest = f"{head}[features]\nstd = []\n[dependencies]\n{needs}"
        made, folder = BytesIO(), f"{name}-{self.version}"
        with (
            GzipFile(fileobj=made, mode="wb", mtime=0) as file,
            tarfile.open(fileobj=file, mode="w") as archive,
        ):
            for path, text in (("Cargo.toml", manifest), ("src/lib.rs", "")):
                member = tarfile.TarInfo(f"{folder}/{path}")
                member.size = len(text)
                archive.addfile(member, BytesIO(text.encode()))
        return made.getvalue()

    def digest(self, name: str) -> str:
        """Of the archive."""
        return sha256(self.body(name)).hexdigest()

    def line(self, name: str) -> str:
        """As the index states it."""
        deps: list[dict[str, object]] = [
            {
                "name": crate,
                "req": requirement,
                "features": [],
                "optional": False,
                "default_features": True,
                "target": None,
                "kind": "normal",
            }
            for crate, requirement in self.requires
        ]
        stated = {
            "name": name,
            "vers": self.version,
            "deps": deps,
            "cksum": self.digest(name),
            "features": {"std": []},
            "yanked": self.yanked,
            **({"rust_version": self.rust} if self.rust else {}),
        }
        return json.dumps(stated)


class CargoRegistry:
    """``/index/config.json``, ``/index/…/CRATE``, ``/dl/CRATE/VERSION/download``."""

    def __init__(self) -> None:
        self._crates: dict[str, Sequence[Crate]] = {}
        self.server = LoggingServer(self._answer)
        self.index = f"sparse+{self.server.url}/index/"

    def publish(self, name: str, *crates: Crate) -> None:
        """A crate in place of the one with its name."""
        self._crates[name] = crates

    def downloads(self) -> list[tuple[str, str]]:
        """(crate, version) of what was to be downloaded since the last call."""
        asked = [it.target.split("/") for it in self.server.requests() if it.target.startswith("/dl/")]
        return list(dict.fromkeys((words[2], words[3]) for words in asked))

    def _answer(self, request: Logged) -> Reply:
        if request.target == "/index/config.json":
            return _reply(json.dumps({"dl": f"{self.server.url}/dl", "api": self.server.url}), request)
        if request.target.startswith("/dl/"):
            return self._archive(*request.target.split("/")[2:4])
        name = request.target.rpartition("/")[2]
        known = {crate.lower(): crate for crate in self._crates}
        if request.target.startswith("/index/") and name in known:
            crate = known[name]
            return _reply("".join(f"{item.line(crate)}\n" for item in self._crates[crate]), request)
        return Reply(404, body=b"")

    def _archive(self, name: str, version: str) -> Reply:
        found = [item for item in self._crates.get(name, ()) if item.version == version]
        return Reply(body=found[0].body(name)) if found else Reply(404, body=b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()


def _reply(text: str, request: Logged) -> Reply:
    tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
    headers = {"Content-Type": "text/plain", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Reply(304, headers, b"")
    return Reply(200, headers, text.encode())
