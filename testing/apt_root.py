"""A private root in which the real apt-get answers what it would install; the same indexes for freshlayer."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexAnswer,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt import APT

_INST = re.compile(r"^Inst (\S+?)(?::\S+)?(?: \[[^\]]*\])? \((\S+) .*\[(\S+)\]\)", re.MULTILINE)
_URI = re.compile(r"^'[^']*' ([^_\s]+)_([^_\s]+)_([^_\s]+)\.deb ", re.MULTILINE)

_ALLOWED = ("--allow-downgrades", "--allow-remove-essential", "--allow-change-held-packages")
"""Whether apt-get does it without a question is not what is compared."""

_SETTINGS = """
Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::State::lists "{lists}/";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::solvers "";
APT::Architecture "{architecture}";
APT::Architectures {{ {architectures} }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Debug::NoLocking "true";
"""

Chosen = dict[tuple[str, str], str]
"""(name, architecture) → version."""


class MemoryIndex:
    """The entries of an index file, in memory."""

    def __init__(self, path: Path, kind: str) -> None:
        with path.open("rb") as content:
            self.entries = dict(APT.entries(kind, content, content))
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def open(self, key: str) -> BinaryIO:
        raise KeyError(key)


class AptRoot:
    """A root. ``directory`` is made where it is missing; ``lists``: of several roots, with the indexes."""

    def __init__(
        self,
        directory: Path,
        architecture: str = "amd64",
        foreign: Iterable[str] = (),
        lists: Path | None = None,
    ) -> None:
        self.directory = directory
        self.lists = lists or directory / "var/lib/apt/lists"
        self.architectures = (architecture, *foreign)
        for below in ("etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/apt.conf.d"):
            (directory / below).mkdir(parents=True, exist_ok=True)
        for below in ("var/lib/apt", "var/cache/apt/archives/partial", "var/lib/dpkg"):
            (directory / below).mkdir(parents=True, exist_ok=True)
        (self.lists / "partial").mkdir(parents=True, exist_ok=True)
        names = " ".join(f'"{name}";' for name in self.architectures)
        text = _SETTINGS.format(
            root=directory, lists=self.lists, architecture=architecture, architectures=names
        )
        (directory / "apt.conf").write_text(text)
        self.write({"/var/lib/dpkg/status": ""})
        self._indexes: dict[Path, MemoryIndex] = {}

    def write(self, files: Mapping[str, str]) -> None:
        """Files of the root, by absolute path."""
        for path, text in files.items():
            (self.directory / path.lstrip("/")).write_text(text)

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get in the root."""
        environ = {**os.environ, "APT_CONFIG": str(self.directory / "apt.conf"), "LC_ALL": "C"}
        return subprocess.run(
            ["apt-get", *argv], env=environ, capture_output=True, text=True, check=False, timeout=300
        )

    def update(self) -> None:
        """Read the indexes. Raises RuntimeError where that fails."""
        done = self.run("update")
        if done.returncode:
            raise RuntimeError(done.stderr)

    def simulate(self, *argv: str) -> Chosen | str:
        """What apt-get would install; else what it prints."""
        done = self.run("-s", "-y", *_ALLOWED, *argv)
        if done.returncode:
            return done.stdout + done.stderr
        return {(name, architecture): version for name, version, architecture in _INST.findall(done.stdout)}

    def choose(self, *argv: str) -> Chosen | str:
        """The same, by what apt-get would download.

        It takes less time by far: ``-s`` walks over all packages of the indexes for each that it installs.
        """
        done = self.run("--print-uris", "-qq", "-y", *_ALLOWED, *argv)
        if done.returncode:
            return done.stdout + done.stderr
        return {(name, kind): unquote(version) for name, version, kind in _URI.findall(done.stdout)}

    @property
    def files(self) -> dict[str, str]:
        """All of /etc/apt."""
        found = (path for path in (self.directory / "etc/apt").rglob("*") if path.is_file())
        return {f"/{path.relative_to(self.directory)}": path.read_text() for path in found}

    def resolve(self, command: PackageCommand, *others: PackageCommand) -> Resolution:
        """What freshlayer finds for the command, by the same indexes."""
        update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=command.files)
        foreign = PackageCommand("apt", "dpkg", PackageAction.ADD_ARCHITECTURE, self.architectures[1:])
        commands = (foreign, update, command, *others)
        run = PackageRun(1, 1, commands, PackagePolicy.CLOSURE, self.architectures[0])
        status = (self.directory / "var/lib/dpkg/status").read_text()
        contents = BaseContents(files=self.files, installed={"apt": status})
        base = BaseImage("docker.io/library/debian:12", "linux/amd64", "", contents=contents)
        steps = APT.resolve(PackageChain(("debian", "linux/amd64"), (run,)), base)
        try:
            files = next(steps)
            while True:
                files = steps.send({file: self._answer(file) for file in files})
        except StopIteration as ended:
            found: Mapping[int, Resolution] = ended.value
            return found.get(1, Resolution())

    def _answer(self, file: IndexFile) -> IndexAnswer:
        for url in file.urls:
            name = url.partition("://")[2].replace("_", "%5f").replace("/", "_")
            path = self.lists / name.removesuffix(f".{file.compression}")
            if path.is_file():
                if path not in self._indexes:
                    self._indexes[path] = MemoryIndex(path, file.kind)
                return self._indexes[path]
        return Reason("http-not-found", file.urls[-1])


def chosen(resolution: Resolution) -> Chosen:
    """What a resolution installs, as `AptRoot.simulate` has it."""
    found: Chosen = {}
    for package in resolution.packages:
        architecture = re.search(r"arch=([\w-]+)", package.purl)
        found[package.name, architecture[1] if architecture else ""] = package.version
    return found
