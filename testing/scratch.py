"""Directories for the data of builders; in memory for the tests, since engines sync each step to the disk."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

# A base image of Debian and what the tests build on it take a tenth of this. Only what is written counts.
MOST_BYTES = 4 * 1024**3


def make_directory(*, in_memory: bool) -> Path:
    """A new directory of a short path: a socket in it has 108 bytes for its own.

    Where the machine refuses to mount a file system of memory there, it is on the disk.
    """
    directory = Path(tempfile.mkdtemp(prefix="fl-", dir="/tmp"))
    if in_memory and _free_memory() > 2 * MOST_BYTES:
        options = f"mode=700,size={MOST_BYTES}"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)], check=False, capture_output=True
        )
    return directory


def remove_directory(directory: Path) -> None:
    """Remove it with all that is mounted at it and below it.

    Layers stay mounted when a daemon was killed, and would be emptied through their mounts.
    """
    for mount in reversed(list(_mounts(directory))):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
    if directory.exists():
        shutil.rmtree(directory)


def _mounts(directory: Path) -> Iterator[str]:
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        mount = line.split(" ")[1]
        if mount == str(directory) or mount.startswith(f"{directory}/"):
            yield mount


def _free_memory() -> int:
    """Bytes that programs may still take."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
