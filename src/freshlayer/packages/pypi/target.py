"""The interpreter and the platform for which files are chosen, from what is known of the base image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage

_MACHINES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "386": "i686",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "arm": "armv7l",
}
_VERSION = compiled(r"([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{1,4}))?(?![0-9])")
_DPKG = {
    name: compiled(rf"(?m)^Package: {name}\n(?:(?!Package:|\n).*\n)*?Version: (\S+)")
    for name in ("python3", "libc6")
}
_APK_PYTHON = compiled(r"(?m)^P:python3\n(?:(?!P:).+\n)*?V:(\S+)")
_LEGACY = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLDEST_GLIBC = 5
_NEWEST_GLIBC = 45
_NEWEST_MUSL = 2


class Target(Struct, frozen=True):
    """``python``: (major, minor, micro) of the interpreter; None where it is not known.

    ``platforms``: the platform tags that it takes, best first (PEP 600, PEP 656).
    """

    python: tuple[int, int, int] | None
    machine: str
    platforms: tuple[str, ...]

    @property
    def markers(self) -> dict[str, str]:
        """The environment of markers (PEP 508), as far as it is known."""
        known = {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "sys_platform": "linux",
            # Else those of this machine would count.
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }
        if self.python:
            major, minor, micro = self.python
            full = f"{major}.{minor}.{micro}"
            known |= {"python_version": f"{major}.{minor}", "python_full_version": full}
            known |= {"implementation_version": full}
        return known


def target_of(base: BaseImage, architecture: str, wanted: str = "") -> Target:
    """The target of a stage on this base. ``wanted``: the version that the command names, if any."""
    machine = _MACHINES.get(architecture.partition("/")[0], architecture)
    return Target(_python(base, wanted), machine, tuple(_platforms(base, machine)))


def _python(base: BaseImage, wanted: str) -> tuple[int, int, int] | None:
    contents = base.contents.installed if base.contents else {}
    stated = [
        wanted,
        dict(base.config.environment).get("PYTHON_VERSION", ""),
        *_DPKG["python3"].findall(contents.get("apt", "")),
        *_APK_PYTHON.findall(contents.get("apk", "")),
    ]
    for text in stated:
        match = _VERSION.match(text)
        if match:
            return int(match[1]), int(match[2]), int(match[3] or 0)
    return None


def _platforms(base: BaseImage, machine: str) -> Iterator[str]:
    files = base.contents.files if base.contents else {}
    if re.search(r"(?m)^ID=[\"']?alpine", files.get("/etc/os-release", "")):
        yield from (f"musllinux_1_{minor}_{machine}" for minor in range(_NEWEST_MUSL, -1, -1))
    else:
        for minor in range(_glibc(base), _OLDEST_GLIBC - 1, -1):
            yield f"manylinux_2_{minor}_{machine}"
            if (2, minor) in _LEGACY:
                yield f"{_LEGACY[2, minor]}_{machine}"
    yield f"linux_{machine}"


def _glibc(base: BaseImage) -> int:
    """The minor version of the C library; the newest where it is not known."""
    installed = base.contents.installed.get("apt", "") if base.contents else ""
    found = _VERSION.match(next(iter(_DPKG["libc6"].findall(installed)), ""))
    return min(int(found[2]), _NEWEST_GLIBC) if found else _NEWEST_GLIBC
