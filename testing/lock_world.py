"""One Dockerfile that reads every kind of input from real servers, each of which can be moved alone.

What an instruction runs are programs that only note, at an origin of their own, which stage they ran in.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from testing.apk_worlds import apkindex, index_text, packages
from testing.apt_repository import AptRepository
from testing.base_image import CONFIGURATION, write_base_image
from testing.git_daemon import GitDaemon
from testing.logging_server import Logged, LoggingServer, Reply
from testing.npm_registry import NpmRegistry, Package, Published
from testing.package_origin import package_origin
from testing.python_index import PythonIndex, Wheel
from testing.stores.registry import Registry
from testing.stores.s3 import RcloneS3

_PROGRAMS = ("curl", "git", "aws", "apt-get", "apk", "pip", "npm", "mark")
_PROGRAM = "#!/bin/sh\nexec wget -q -O /dev/null {url}/$STAGE\n"
_COMMANDS = {
    "content": "curl -o /x {origin}/content",
    "strong": "curl -o /x {origin}/strong",
    "weak": "curl -o /x {origin}/weak",
    "hashed": "curl -o /x {origin}/hashed",
    "git": "git clone {git}",
    "s3": "aws s3 cp s3://some-bucket/key /x",
    "image": "mark",
    "apt": "apt-get update && apt-get install -y app",
    "apk": "apk add --no-cache curl",
    "pip": "pip install 'flask>=1,<3'",
    "npm": "npm install -g serve@^1",
}
"""Stage → what its RUN executes."""
_STATUS = """\
Package: base
Status: install ok installed
Version: 1
Architecture: all
Maintainer: nobody <a@b.c>
Description: none

"""


class LockWorld:
    """``dockerfile``: its text. ``environment``: what leads freshlayer to the store of objects."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._files: dict[str, Reply] = {}
        self._origin = stack.enter_context(LoggingServer(self._file))
        self._ran = stack.enter_context(LoggingServer())
        self._registry = stack.enter_context(Registry())
        self._git = stack.enter_context(GitDaemon(directory / "git"))
        self._s3 = stack.enter_context(RcloneS3())
        self._index = stack.enter_context(PythonIndex())
        self._npm = stack.enter_context(NpmRegistry())
        self._apt = AptRepository(directory / "packages")
        self._packages = stack.enter_context(package_origin(directory / "packages"))
        self._root = directory / "base.tar"
        write_base_image(self._root)
        self._s3.make_bucket("some-bucket")
        self.environment: Mapping[str, str] = self._s3.environment_of_clients
        self._movers: dict[str, Callable[[str], object]] = {
            **{it: partial(self._write, it) for it in ("content", "strong", "weak", "hashed")},
            "git": self._git.commit,
            "s3": lambda version: self._s3.put("some-bucket", "key", version.encode()),
            "image": lambda version: self._push("moving", {"etc/version": version}),
            "apt": self._publish_deb,
            "apk": self._publish_apk,
            "pip": lambda version: self._index.publish("flask", [Wheel(f"flask-{version}-py3-none-any.whl")]),
            "npm": lambda version: self._npm.publish("serve", Package([Published(f"{version}.0")])),
        }
        self._push("base", {})
        self._push("debian", self._debian())
        self._push("alpine", self._alpine())
        for stage in self._movers:
            self.move(stage, "1.0")
        self.dockerfile = self._dockerfile()

    def move(self, stage: str, version: str) -> None:
        """Only what this stage reads becomes another one: ``1.1``."""
        self._movers[stage](version)

    def ran(self) -> set[str]:
        """The stages whose instructions ran since the last call."""
        return {request.target.lstrip("/") for request in self._ran.requests()}

    def _dockerfile(self) -> str:
        bases = {"image": "moving", "apt": "debian", "apk": "alpine"}
        settings = f"PIP_INDEX_URL={self._index.url} npm_config_registry={self._npm.url}"
        lines: list[str] = []
        for stage, command in _COMMANDS.items():
            base = f"{self._registry.host}/some/{bases.get(stage, 'base')}:1"
            run = command.format(origin=self._origin.url, git=self._git.url)
            lines += [f"FROM {base} AS {stage}", f"ENV STAGE={stage} {settings}", f"RUN {run}"]
        lines += [f"FROM {self._registry.host}/some/base:1"]
        lines += [f"COPY --from={stage} /etc/passwd /{stage}" for stage in _COMMANDS]
        return "\n".join([*lines, ""])

    def _file(self, request: Logged) -> Reply:
        return self._files.get(request.target, Reply(404))

    def _write(self, stage: str, version: str) -> None:
        """A file with the evidence that its name stands for."""
        body = f"{stage} {version}".encode()
        digest = b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            "content": {"Repr-Digest": f"sha-256=:{digest}:"},
            "strong": {"ETag": f'"{version}"'},
            "weak": {"Last-Modified": f"Mon, 01 Jan 2024 00:00:0{version[-1]} GMT"},
        }
        self._files[f"/{stage}"] = Reply(headers=headers.get(stage, {}), body=body)

    def _publish_deb(self, version: str) -> None:
        self._apt.add("app", version)
        self._apt.publish()

    def _publish_apk(self, version: str) -> None:
        place = self._apt.directory / "main" / "x86_64"
        place.mkdir(parents=True, exist_ok=True)
        text = index_text(packages(f"curl {version}-r0\nbusybox 1.36.1-r2\n"))
        (place / "APKINDEX.tar.gz").write_bytes(apkindex(text))

    def _debian(self) -> dict[str, str]:
        return {
            "etc/os-release": 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
            "etc/apt/sources.list": self._apt.sources(self._packages.url),
            "var/lib/dpkg/status": _STATUS,
        }

    def _alpine(self) -> dict[str, str]:
        return {
            "etc/os-release": "ID=alpine\nVERSION_ID=3.20.1\n",
            "etc/apk/repositories": f"{self._packages.url}/main\n",
            "etc/apk/arch": "x86_64\n",
            "etc/apk/world": "busybox\n",
            "lib/apk/db/installed": index_text(packages("busybox 1.36.1-r2")),
        }

    def _push(self, name: str, texts: Mapping[str, str]) -> None:
        """An image with a shell, the programs, and these files."""
        program = _PROGRAM.format(url=self._ran.url)
        layer = _layer({**{f"bin/{it}": program for it in _PROGRAMS}, **texts})
        config = {"Env": [line.removeprefix("ENV ") for line in CONFIGURATION if line.startswith("ENV ")]}
        self._registry.push_layers(f"some/{name}", "1", [self._root.read_bytes(), layer], config=config)


def _layer(texts: Mapping[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, text in texts.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(text.encode()), 0o755
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


@contextmanager
def lock_world(directory: Path) -> Iterator[LockWorld]:
    """All servers, until the end of the block."""
    with ExitStack() as stack:
        yield LockWorld(directory, stack)
