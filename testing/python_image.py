"""Stand-ins for the base images of this project's Dockerfile, made of what runs the tests.

The interpreter is this one, and pip installs from wheels made of the packages in this environment, without
an index. ``apt-get`` is a script that accepts the commands of a Dockerfile and installs nothing.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from testing.base_image import CONFIGURATION, write_base_image

PYTHON, DOCKER = "python:3.13-slim", "docker:28-cli"
"""The images of the Dockerfile that these stand for."""
PYTHON_CONFIGURATION = (*CONFIGURATION, "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels")
BUILD_BACKEND = "hatchling"

_APT_GET = b'#!/bin/sh\ncase "$1" in update|install) echo "stand-in: apt-get $*" ;; *) exit 100 ;; esac\n'
_LEFT_OUT = re.compile(
    r"/(?:__pycache__|site-packages|test|tests|idlelib|tkinter|turtledemo|config-[^/]*)(?:/|$)"
)


def missing() -> str:
    """Why this interpreter can't be put into an image; empty where it can."""
    return "" if importlib.util.find_spec("ensurepip") else "this Python has no ensurepip (python3-venv)"


def write_python_image(target: Path, extras: Iterable[str] = ()) -> None:
    """The root of an image: busybox, this Python, and wheels of what freshlayer needs with these extras."""
    write_base_image(target)
    library, program = Path(sysconfig.get_path("stdlib")), Path(sys.executable).resolve()
    with tarfile.open(target, "a", format=tarfile.GNU_FORMAT) as tar:
        _add(tar, "usr/local/bin/apt-get", _APT_GET, 0o755)
        tar.add(program, str(program).lstrip("/"))
        tar.add(library, str(library).lstrip("/"), filter=_kept)
        for name in ("python", "python3"):
            _link(tar, f"usr/local/bin/{name}", str(program))
        packages = [distribution(name) for name in sorted(_closure(extras) - {"freshlayer"})]
        modules = [*library.glob("lib-dynload/*.so"), *_compiled(packages)]
        for needed in sorted(_shared_libraries([program, *modules])):
            tar.add(Path(needed).resolve(), needed.lstrip("/"))
        for file, content in map(_wheel, packages):
            _add(tar, f"wheels/{file}", content)


def write_docker_image(target: Path, client: Path) -> None:
    """The root of an image with a docker client and an empty directory of plugins."""
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        tar.add(client.resolve(), "usr/local/bin/docker")
        plugins = tarfile.TarInfo("usr/local/libexec/docker/cli-plugins")
        plugins.type, plugins.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(plugins)


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if _LEFT_OUT.search(f"/{member.name}") else member


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))


def _link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    tar.addfile(member)


def _shared_libraries(programs: Iterable[Path]) -> set[str]:
    """The absolute paths by which the loader finds what programs are linked with."""
    listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed, re.MULTILINE))


def _compiled(packages: Iterable[Distribution]) -> Iterator[Path]:
    for package in packages:
        yield from (Path(str(file.locate())) for file in package.files or () if file.suffix == ".so")


def _closure(extras: Iterable[str]) -> set[str]:
    """The distributions that freshlayer needs here, with these extras, and to be built."""
    found: set[str] = set()
    waiting = [("freshlayer", frozenset(extras)), (BUILD_BACKEND, frozenset())]
    while waiting:
        given, wanted = waiting.pop()
        # typing_extensions and typing-extensions are one.
        name = canonicalize_name(given)
        if name in found:
            continue
        found.add(name)
        requirements = map(Requirement, distribution(name).requires or ())
        waiting += [(it.name, frozenset(it.extras)) for it in requirements if _applies(it, wanted)]
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})


def _wheel(package: Distribution) -> tuple[str, bytes]:
    """The wheel that an installed distribution came from, without its scripts."""
    tags = re.findall(r"^Tag: (\S+)$", package.read_text("WHEEL") or "", re.MULTILINE)
    name = re.sub(r"[-_.]+", "_", package.metadata["Name"])
    written, record = io.BytesIO(), io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    with zipfile.ZipFile(written, "w") as archive:
        for path, content in _files(package):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.writerow([path, f"sha256={digest}", len(content)])
            archive.writestr(path, content)
        directory = next(path.split("/")[0] for path in archive.namelist() if ".dist-info/" in path)
        archive.writestr(f"{directory}/RECORD", f"{record.getvalue()}{directory}/RECORD,,\n")
    return f"{name}-{package.version}-{_compressed(tags)}.whl", written.getvalue()


def _files(package: Distribution) -> Iterator[tuple[str, bytes]]:
    for file in package.files or ():
        path = file.as_posix()
        place = Path(str(file.locate()))
        kept = not path.startswith("..") and "__pycache__" not in path
        if kept and place.is_file() and not path.endswith(".dist-info/RECORD"):
            yield path, place.read_bytes()


def _compressed(tags: list[str]) -> str:
    """Several tags in the name of one file: each part with dots (PEP 425)."""
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(dict.fromkeys(part)) for part in parts)
