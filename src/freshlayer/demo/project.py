"""The files of the demonstration: a context with a Dockerfile, and what its origin serves."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

from msgspec import Struct

TOOL, DATA = "tool.txt", "data.csv"
OLD, NEW = "version 1", "version 2"

_BUSYBOX = ("/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox")
_APPLETS = ("sh", "wget")
_PULLED = "busybox"
_ELF_HEADER = struct.Struct("<32xQ14xHH")
_PROGRAM_INTERPRETER = 3
_MOST_SEGMENTS = 64


class Project(Struct, frozen=True):
    """``context``: the build context; ``served``: the directory of the origin; ``state``: freshlayer's.

    ``base``: the image that the build starts from; empty where it starts from nothing but busybox.
    """

    context: Path
    served: Path
    state: Path
    base: str
    dockerfile: str

    def publish(self, data: str) -> None:
        """Have the origin serve this as DATA from now on."""
        (self.served / DATA).write_text(f"{data}\n", encoding="utf-8")


def make(directory: str) -> Project:
    """The directories, without a Dockerfile; ``served`` has both files."""
    here = Path(directory)
    project = Project(here / "app", here / "served", here / "state" / "state.sqlite3", "", "")
    # The state is written under a lock of its directory, and the directory above is locked by this process.
    for made in (project.context, project.served, project.state.parent):
        made.mkdir()
    (project.served / TOOL).write_text("a tool\n", encoding="utf-8")
    project.publish(OLD)
    return project


def with_dockerfile(project: Project, url: str, base: str | None) -> Project:
    """Write the Dockerfile: from ``base``; without one from this machine's busybox, else from Docker Hub's.

    ``url`` ends in a slash.
    """
    own = None if base else static_busybox()
    start = f"FROM {base or _PULLED}\n"
    if own is not None:
        start = "FROM scratch\nCOPY bin /bin\n"
        _copy(own, project.context / "bin")
    downloads = "".join(f"RUN wget -q -O /{name} {url}{name}\n" for name in (TOOL, DATA))
    text = start + downloads
    (project.context / "Dockerfile").write_text(text, encoding="utf-8")
    return Project(project.context, project.served, project.state, "" if own else base or _PULLED, text)


def static_busybox() -> Path | None:
    """This machine's busybox, where it needs no library: nothing has to be pulled then."""
    return next((Path(name) for name in _BUSYBOX if _is_static(Path(name))), None)


def _is_static(program: Path) -> bool:
    """Whether it is a 64-bit ELF file without an interpreter (ELF-64, figure 3 and figure 6)."""
    try:
        with program.open("rb") as stream:
            header = stream.read(_ELF_HEADER.size)
            if len(header) < _ELF_HEADER.size or header[:6] != b"\x7fELF\x02\x01":
                return False
            offset, size, count = _ELF_HEADER.unpack(header)
            stream.seek(offset)
            segments = [stream.read(size)[:4] for _ in range(min(count, _MOST_SEGMENTS))]
    except OSError:
        return False
    return _PROGRAM_INTERPRETER.to_bytes(4, "little") not in segments


def _copy(busybox: Path, into: Path) -> None:
    """One program under the names by which it decides what to do."""
    into.mkdir()
    first, *others = (into / name for name in _APPLETS)
    shutil.copyfile(busybox, first)
    first.chmod(0o755)
    for other in others:
        os.link(first, other)
