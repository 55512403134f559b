"""A private Docker engine: own data, own socket, no network of its own, gone without trace when closed.

Its builds need `--network=host`, since it has no bridge; loopback in them is this machine's.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from testing.base_image import BASE, CONFIGURATION, static_busybox, write_base_image
from testing.process import Child, tied, wait_until
from testing.saved_image import Layer, read_layers
from testing.scratch import make_directory, remove_directory

# Debian keeps daemons in sbin, which a user's PATH may lack.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
FOREIGN = (
    *("DOCKER_", "BUILDKIT_", "BUILDX_", "COMPOSE_"),
    *("BUILDAH_", "CONTAINER_", "CONTAINERS_", "PODMAN_", "REGISTRY_", "STORAGE_"),
)
NO_DOCKER = "no dockerd with a docker client beside it; scripts/setup engine installs both"


class EngineError(RuntimeError):
    """The engine, or its client, refused; the message quotes what it printed."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line of an image's history, but for its time."""

    created_by: str
    comment: str
    size: str


@dataclass(frozen=True, slots=True)
class Docker:
    """The programs of one release: a daemon, the client that belongs to it, and that client's plugins."""

    daemon: Path
    client: Path
    plugins: tuple[Path, ...] = ()


def installed() -> Docker | None:
    """The system's Docker; its client is beside the daemon, since PATH may lead to one of another age."""
    found = shutil.which("dockerd", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN]))
    if found is None:
        return None
    daemon = Path(found)
    candidates = (directory / "docker" for directory in (daemon.parent, daemon.parent.with_name("bin")))
    client = next((candidate for candidate in candidates if candidate.is_file()), None)
    return Docker(daemon, client) if client else None


def unpacked(root: Path) -> Docker:
    """The Docker of Debian's packages, unpacked below `root`."""
    plugins = sorted((root / "usr/libexec/docker/cli-plugins").iterdir())
    return Docker(root / "usr/sbin/dockerd", root / "usr/bin/docker", tuple(plugins))


def available() -> str | None:
    """Why no private engine can be started here; None when one can."""
    return unable() or (NO_DOCKER if installed() is None else None)


def unable() -> str | None:
    """Why this machine and user can run no container builder of the tests' own; None when they can."""
    if sys.platform != "linux":
        return "a private engine needs Linux"
    if os.geteuid() != 0:
        return "a private engine needs root"
    if static_busybox() is None:
        return "no static busybox to make a base image of; scripts/setup engine installs it"
    return None


class PrivateEngine:
    """A dockerd with the image BASE in it. To be started in the main thread, with which it also ends.

    The system's where no other release is given; `options` are the daemon's. `in_memory`: where its data are.
    """

    def __init__(
        self, release: Docker | None = None, *, options: Sequence[str] = (), in_memory: bool = False
    ) -> None:
        release, reason = release or installed(), unable()
        if reason or release is None:
            raise EngineError(reason or NO_DOCKER)
        self.docker = release.client
        self._release = release
        self._options = tuple(options)
        self._directory = make_directory(in_memory=in_memory)
        self._base_id = ""
        self._daemon: Child | None = None
        try:
            self._configure()
            self._daemon = self._start()
            self._import_base()
        except BaseException:
            self.close()
            raise

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST that leads to this engine."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """The daemon's process id, for tests that stop it."""
        return self._daemon.pid if self._daemon else 0

    def environment(self, *, buildkit: bool | None = None) -> dict[str, str]:
        """The environment of a user of this engine: ours, without what would lead docker elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
        path = os.pathsep.join([str(self.docker.parent), kept.get("PATH", os.defpath)])
        choice = {} if buildkit is None else {"DOCKER_BUILDKIT": str(int(buildkit))}
        config = str(self._directory / "config")
        return {**kept, "PATH": path, "DOCKER_HOST": self.host, "DOCKER_CONFIG": config, **choice}

    def run(
        self, *arguments: str, buildkit: bool | None = None, check: bool = True, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run docker with these arguments; `options` are subprocess.run's."""
        environment: Mapping[str, str] = options.pop("env", self.environment(buildkit=buildkit))
        argv = [str(self.docker), *arguments]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, **options)
        if check and done.returncode:
            raise EngineError(f"docker {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def image_id(self, tag: str) -> str:
        return self.run("image", "inspect", "--format", "{{.Id}}", tag).stdout.strip()

    def configuration(self, tag: str) -> dict[str, Any]:
        """What a container of the image gets: Env, Cmd, WorkingDir, …"""
        configuration: dict[str, Any] = json.loads(
            self.run("image", "inspect", "--format", "{{json .Config}}", tag).stdout
        )
        return configuration

    def history(self, tag: str) -> list[HistoryEntry]:
        """The image's history, newest first."""
        lines = self.run("history", "--no-trunc", "--format", "{{json .}}", tag).stdout.splitlines()
        return [HistoryEntry(e["CreatedBy"], e["Comment"], e["Size"]) for e in map(json.loads, lines)]

    def save_layers(self, tag: str) -> list[Layer]:
        """The image's layers, lowest first, down to the digest of each file."""
        archive = self._directory / "saved.tar"
        self.run("save", "--output", str(archive), tag)
        try:
            return read_layers(archive)
        finally:
            archive.unlink()

    def reset(self) -> None:
        """Forget every image but BASE, and all that a cache remembers."""
        self.run("container", "prune", "--force")
        self._remove_images()
        self.run("builder", "prune", "--all", "--force")

    def close(self) -> None:
        """Stop the daemon and remove its data."""
        if self._daemon is not None:
            self._daemon.stop(grace=20)
            self._daemon = None
        _end_orphans(self._directory)
        remove_directory(self._directory)

    @property
    def _socket(self) -> Path:
        return self._directory / "sock"

    def _configure(self) -> None:
        plugins = self._directory / "config/cli-plugins"
        plugins.mkdir(parents=True)
        for plugin in self._release.plugins:
            (plugins / plugin.name).symlink_to(plugin)
        for configuration in ("daemon.json", "config/config.json"):
            (self._directory / configuration).write_text("{}")

    def _start(self) -> Child:
        # The containerd that a release brings is beside its client.
        own = (str(self._release.daemon.parent), str(self.docker.parent))
        path = os.pathsep.join([*own, os.environ.get("PATH", os.defpath), *SBIN])
        argv = tied([str(self._release.daemon), *self._daemon_options()])
        child = Child(argv, log=self._directory / "log", environment={**os.environ, "PATH": path})
        try:
            child.wait_until(self._answers, seconds=60)
        except BaseException:
            child.stop(grace=20)
            raise
        return child

    def _daemon_options(self) -> list[str]:
        # The system's containerd, if one runs, is shared by namespace, not touched.
        # A temporary directory's name may hold what a namespace must not (an underscore at its end).
        namespace = f"freshlayer-{secrets.token_hex(6)}"
        return [
            *("--config-file", str(self._directory / "daemon.json"), "--host", self.host),
            *("--data-root", str(self._directory / "data"), "--exec-root", str(self._directory / "exec")),
            *(
                "--pidfile",
                str(self._directory / "pid"),
                "--bridge=none",
                "--iptables=false",
                "--ip6tables=false",
            ),
            *("--containerd-namespace", namespace, "--containerd-plugins-namespace", f"{namespace}-plugins"),
            *self._options,
        ]

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
        return False

    def _import_base(self) -> None:
        archive = self._directory / "base.tar"
        write_base_image(archive)
        changes = [word for change in CONFIGURATION for word in ("--change", change)]
        self._base_id = self.run("import", *changes, str(archive), BASE).stdout.strip()
        archive.unlink()

    def _other_images(self) -> set[str]:
        return set(self.run("image", "ls", "--all", "--quiet", "--no-trunc").stdout.split()) - {self._base_id}

    def _remove_images(self) -> None:
        # An image that others were built on can only go after them, so it may take several rounds.
        images = self._other_images()
        while images:
            said = self.run("image", "rm", "--force", *images, check=False).stderr
            images, before = self._other_images(), images
            if images == before:
                raise EngineError(f"images that cannot be removed: {said}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_foreign(name: str) -> bool:
    """Whether a variable of this name would lead a builder elsewhere than a test means."""
    return name.startswith(FOREIGN) or name.lower().endswith("_proxy")


def _end_orphans(directory: Path) -> None:
    """A daemon that was killed leaves its containerd, shims and builds behind."""
    for pid in _orphans(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _orphans(directory), seconds=10, what="the end of the engine's processes")


def _orphans(directory: Path) -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _belongs_to(entry, directory)]


def _belongs_to(process: Path, directory: Path) -> bool:
    """Whether its arguments name the directory of what runs, or its root is a layer of the engine."""
    # It may end while we look at it.
    with contextlib.suppress(OSError):
        if f"{directory}/exec".encode() in (process / "cmdline").read_bytes():
            return True
        mounts = (process / "mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return any(line.split(" ")[4] == "/" and f"{directory}/" in line for line in mounts)
    return False
