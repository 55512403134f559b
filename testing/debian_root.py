"""Roots of Debian as mmdebstrap makes them: minbase, from the mirror that apt is configured with.

Each is made once, in about a quarter of a minute, and kept in .builders for a month.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[1] / ".builders" / "roots"
_DAYS = 30
_TARGETS = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian")


class NoRootError(RuntimeError):
    """Why there is no root here."""


def debian_root_tar(suite: str = "bookworm") -> Path:
    """An uncompressed tar of the root of `suite`, minbase, to be read only. Raises NoRootError."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / f"{suite}.tar"
    with _alone(kept):
        if not _is_fresh(kept):
            _make(suite, kept)
    return kept


def debian_root(directory: Path, suite: str = "bookworm") -> Path:
    """A root of the caller's own, unpacked into `directory`, which is made. Raises NoRootError."""
    directory.mkdir(parents=True)
    argv = ["tar", "--extract", "--numeric-owner", "--file", str(debian_root_tar(suite))]
    subprocess.run([*argv, "--exclude=./dev/*", "--directory", str(directory)], check=True)
    return directory


def require_debian_root(suite: str = "bookworm") -> Path:
    """`debian_root_tar`; the test is skipped where there is none, or fails on CI."""
    try:
        return debian_root_tar(suite)
    except NoRootError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI has to have a root of Debian {suite}: {error}")
        pytest.skip(f"no root of Debian {suite}: {error}")


def mirror() -> str:
    """The address of Debian's archive as apt has it. Raises NoRootError."""
    listed = subprocess.run([*_TARGETS, "Label: Debian"], capture_output=True, text=True, check=False)
    if not listed.stdout.split():
        raise NoRootError("apt is configured with no Debian mirror")
    return listed.stdout.split()[0]


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """One process makes it, and the others wait."""
    with open(f"{kept}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_fresh(kept: Path) -> bool:
    return kept.is_file() and time.time() - kept.stat().st_mtime < _DAYS * 86400


def _make(suite: str, kept: Path) -> None:
    if os.geteuid() != 0:
        raise NoRootError("it takes root")
    if shutil.which("mmdebstrap") is None:
        raise NoRootError("no mmdebstrap; scripts/setup builders installs it")
    made = kept.with_suffix(".new.tar")
    argv = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar", "--quiet"]
    options = ['--aptopt=Acquire::Languages "none"']
    done = subprocess.run(
        [*argv, *options, suite, str(made), f"deb {mirror()} {suite} main"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        made.unlink(missing_ok=True)
        raise NoRootError(
            done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "mmdebstrap failed"
        )
    made.replace(kept)
