"""Repositories of made packages, by createrepo_c, and roots that dnf installed."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from testing.rpm.packages import Package, build

CONFIGURATION = "[main]\nbest=1\ninstall_weak_deps=1\nmetadata_expire=never\nlogfilelevel=0\n"


def make(packages: Sequence[Package], directory: Path) -> None:
    """A repository of packages."""
    build(packages, directory)
    index(directory)


def index(directory: Path, *options: str) -> None:
    """Make the index of a directory, as it is now."""
    subprocess.run(
        ["createrepo_c", "--quiet", "--general-compress-type=gz", *options, directory],
        check=True,
        capture_output=True,
    )


def add(directory: Path, kind: str, file: Path) -> None:
    """Add a file to the index: ``group``, ``modules``, ``updateinfo``."""
    subprocess.run(
        ["modifyrepo_c", f"--mdtype={kind}", file, directory / "repodata"], check=True, capture_output=True
    )


def stated(urls: Mapping[str, str], options: Mapping[str, str] | None = None) -> str:
    """The text of a ``.repo`` file. ``options``: more lines, by identifier."""
    return "".join(
        f"[{name}]\nname={name}\nbaseurl={url}\nenabled=1\ngpgcheck=0\n{(options or {}).get(name, '')}\n"
        for name, url in urls.items()
    )
