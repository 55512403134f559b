"""buildah and podman: no daemon, a storage below a directory of ours, and everything else by the environment.

What root is given no say over stays: a cache of where layers have been seen, in /var/lib/containers/cache, a
lock in /var/cache/containers, empty directories in /run/containers. No image of the user's is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from testing.base_image import BASE, CONFIGURATION, write_base_image
from testing.builders.image import Image, read_image
from testing.engine import SBIN, EngineError, is_foreign
from testing.scratch import make_directory, remove_directory

STORAGE = """\
[storage]
driver = "{driver}"
graphroot = "{home}/storage"
runroot = "{home}/run"
"""
# Limits that root without CAP_SYS_RESOURCE may set. Locks in a file: those in memory are the machine's.
CONTAINERS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
{runtime}
helper_binaries_dir = ["{helpers}"]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{home}/libpod"
volume_path = "{home}/volumes"
[network]
network_config_dir = "{home}/networks"
"""
REGISTRIES = "unqualified-search-registries = []\n"


class ContainersBuilder:
    """`buildah build` or `podman build`, by the name of the program."""

    # A network of its own would need a bridge, and could not reach loopback.
    options: tuple[str, ...] = ("--network=host",)

    def __init__(self, name: str, program: Path, *, helpers: Path = Path("/usr/lib/podman")) -> None:
        self.name = name
        self.command: tuple[str, ...] = (program.name, "build")
        # podman's default; buildah caches nothing without it.
        self.to_cache: tuple[str, ...] = ("--layers",) if program.name == "buildah" else ()
        self._program = program
        self._home = make_directory(in_memory=True)
        try:
            self._configure(helpers)
            self._import_base()
        except BaseException:
            self.close()
            raise
        self._base_id = self.image_id(BASE)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
        path = os.pathsep.join([str(self._home / "bin"), kept.get("PATH", os.defpath), *SBIN])
        runc = _runc()
        runtime = {"BUILDAH_RUNTIME": runc} if runc else {"BUILDAH_ISOLATION": "chroot"}
        own = {
            "CONTAINERS_CONF": "containers.conf",
            "CONTAINERS_STORAGE_CONF": "storage.conf",
            "CONTAINERS_REGISTRIES_CONF": "registries.conf",
            "REGISTRY_AUTH_FILE": "docker/config.json",
            "DOCKER_CONFIG": "docker",
            # Cache mounts live here too.
            "TMPDIR": "tmp",
        }
        places = {name: str(self._home / place) for name, place in own.items()}
        return {
            **kept,
            **places,
            **runtime,
            "PATH": path,
            "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
        }

    def run(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
        environment: dict[str, str] = options.pop("env", self.environment())
        argv = [str(self._program), *arguments]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, **options)
        if check and done.returncode:
            said = f"{done.returncode}\n{done.stdout}{done.stderr}"
            raise EngineError(f"{self._program.name} {' '.join(arguments)}: {said}")
        return done

    def image_id(self, tag: str) -> str:
        return self.run("images", "--quiet", "--no-trunc", tag, check=False).stdout.strip()

    def image(self, tag: str) -> Image:
        archive = self._home / "image.tar"
        self.run("push", "--quiet", tag, f"docker-archive:{archive}")
        try:
            return read_image(archive)
        finally:
            archive.unlink()

    def reset(self) -> None:
        # An image that others were built on can only go after them, so it may take several rounds.
        images = self._other_images()
        while images:
            said = self.run("rmi", "--force", *images, check=False).stderr
            images, before = self._other_images(), images
            if images == before:
                raise EngineError(f"images that cannot be removed: {said}")
        shutil.rmtree(self._home / "tmp")
        (self._home / "tmp").mkdir()

    def close(self) -> None:
        remove_directory(self._home)

    def _configure(self, helpers: Path) -> None:
        for directory in ("bin", "docker", "tmp"):
            (self._home / directory).mkdir()
        (self._home / "bin" / self._program.name).symlink_to(self._program)
        runtime = 'runtime = "runc"' if _runc() else ""
        texts = {
            "storage.conf": STORAGE.format(home=self._home, driver=_driver(self._home)),
            "containers.conf": CONTAINERS.format(home=self._home, runtime=runtime, helpers=helpers),
            "registries.conf": REGISTRIES,
            "docker/config.json": "{}",
        }
        for name, text in texts.items():
            (self._home / name).write_text(text, encoding="utf-8")

    def _import_base(self) -> None:
        with tempfile.TemporaryDirectory(prefix="freshlayer-") as directory:
            write_base_image(Path(directory) / "base.tar")
            lines = ("FROM scratch", "ADD base.tar /", *CONFIGURATION)
            (Path(directory) / "Dockerfile").write_text("\n".join(lines), encoding="utf-8")
            self.run("build", "--layers=false", "--tag", BASE, directory)

    def _other_images(self) -> set[str]:
        return set(self.run("images", "--all", "--quiet", "--no-trunc").stdout.split()) - {self._base_id}


def _runc() -> str | None:
    """runc, since crun refuses the hybrid control groups that some machines have."""
    return shutil.which("runc", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SBIN]))


def _driver(home: Path) -> str:
    """Overlay where the file system can carry one, else vfs, which copies each layer whole."""
    with tempfile.TemporaryDirectory(dir=home) as directory:
        for name in ("lower", "upper", "work", "merged"):
            (Path(directory) / name).mkdir()
        layers = f"lowerdir={directory}/lower,upperdir={directory}/upper,workdir={directory}/work"
        argv = ["mount", "-t", "overlay", "overlay", "-o", layers, f"{directory}/merged"]
        if subprocess.run(argv, check=False, capture_output=True).returncode:
            return "vfs"
        subprocess.run(["umount", f"{directory}/merged"], check=True)
    return "overlay"
