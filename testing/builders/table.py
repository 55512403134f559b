"""Every builder that the tests can have, by name; started when first needed, and all stopped together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from testing.builders.base import Builder
from testing.builders.containers import ContainersBuilder
from testing.builders.docker import ContainerdBuilder, DockerBuilder
from testing.builders.suites import UNPACKED, is_unpacked, out_of_reach
from testing.engine import Docker, EngineError, PrivateEngine, installed, unable, unpacked

SYSTEM = ""
CONTAINERD = ("--feature=containerd-snapshotter=true",)


@dataclass(frozen=True, slots=True)
class Release:
    """docker, buildah or podman, of a suite of Debian or of the system; `daemon` are options of dockerd."""

    program: str
    suite: str = SYSTEM
    buildkit: bool | None = None
    daemon: tuple[str, ...] = ()


MEMBERS: Mapping[str, Release] = {
    "classic": Release("docker", buildkit=False),
    "buildkit": Release("docker", buildkit=True),
    "buildah": Release("buildah"),
    "podman": Release("podman"),
    "trixie-classic": Release("docker", "trixie", buildkit=False),
    "trixie-buildx": Release("docker", "trixie"),
    "trixie-buildah": Release("buildah", "trixie"),
    "trixie-podman": Release("podman", "trixie"),
    "sid-buildx": Release("docker", "sid"),
    "sid-containerd": Release("docker", "sid", daemon=CONTAINERD),
}


class Builders:
    """The builders of MEMBERS. To be used in the main thread, with which their daemons end."""

    def __init__(self) -> None:
        self._started: dict[str, Builder] = {}
        self._engines: dict[tuple[str, tuple[str, ...]], PrivateEngine] = {}
        self._open = ExitStack()

    def __getitem__(self, name: str) -> Builder:
        """The builder of this name; where this machine can't have it, the test is skipped, or fails on CI."""
        require(name)
        if name not in self._started:
            self._started[name] = self._start(name, MEMBERS[name])
        return self._started[name]

    def close(self) -> None:
        self._open.close()

    def _start(self, name: str, release: Release) -> Builder:
        if release.program == "docker":
            kind = ContainerdBuilder if release.daemon == CONTAINERD else DockerBuilder
            return kind(name, self._engine(release), buildkit=release.buildkit)
        builder = ContainersBuilder(name, _program(release), helpers=_root(release) / "usr/lib/podman")
        self._open.callback(builder.close)
        return builder

    def _engine(self, release: Release) -> PrivateEngine:
        """One daemon for the classic builder and for BuildKit."""
        key = (release.suite, release.daemon)
        if key not in self._engines:
            self._engines[key] = self._open.enter_context(start_engine(release))
        return self._engines[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start_engine(release: Release) -> PrivateEngine:
    """A daemon of this release for the caller alone, who closes it."""
    return PrivateEngine(_docker(release), options=release.daemon, in_memory=True)


def client_of(release: Release) -> Path:
    """The docker client of a release, which needs no daemon of its own."""
    found = _docker(release)
    if found is None:
        raise EngineError(f"no docker client of {release.suite or 'the system'}")
    return found.client


def require(name: str) -> None:
    """Skip the test where this machine can't have it; CI excuses only a suite that is out of reach."""
    release = MEMBERS[name]
    reason = missing(release)
    if reason and os.environ.get("CI") and not out_of_reach(release.suite):
        pytest.fail(f"CI has to have it: {reason}")
    if reason:
        pytest.skip(reason)


def missing(release: Release) -> str:
    """Why this machine cannot have the builder; empty where it can."""
    if reason := unable():
        return reason
    if release.suite != SYSTEM and not is_unpacked(release.suite):
        said = out_of_reach(release.suite) or "scripts/setup builders unpacks it"
        return f"no {release.program} of Debian {release.suite}: {said}"
    if release.suite == SYSTEM and _of_system(release.program) is None:
        return f"no {release.program} here; scripts/setup engine builders installs it"
    return ""


def _of_system(program: str) -> Docker | str | None:
    return installed() if program == "docker" else shutil.which(program)


def _docker(release: Release) -> Docker | None:
    return unpacked(_root(release)) if release.suite != SYSTEM else installed()


def _program(release: Release) -> Path:
    found = shutil.which(release.program) if release.suite == SYSTEM else None
    return Path(found) if found else _root(release) / "usr/bin" / release.program


def _root(release: Release) -> Path:
    """Below which the programs of the release are."""
    return Path("/") if release.suite == SYSTEM else UNPACKED / release.suite
