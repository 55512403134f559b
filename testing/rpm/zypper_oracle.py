"""What zypper itself would install, in a root of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from testing.rpm.repositories import stated

_SECTIONS = re.compile(
    r"<(to-(?:install|upgrade|downgrade|reinstall|change-arch|upgrade-change-vendor))>(.*?)</\1>", re.DOTALL
)
_PACKAGE = re.compile(r'<solvable type="package" name="([^"]+)" edition="([^"]+)" arch="([^"]+)"')


class Zypper:
    """A copy of a root that dnf installed, with the same repositories."""

    def __init__(self, root: Path, own: Path, urls: dict[str, str]) -> None:
        shutil.copytree(root, own, symlinks=True)
        self._root = own
        directory = own / "etc" / "zypp" / "repos.d"
        directory.mkdir(parents=True)
        (directory / "all.repo").write_text(stated(urls))
        self._run("refresh")

    def choose(self, arguments: Sequence[str]) -> tuple[tuple[str, ...], str]:
        """name-[epoch:]version-release.arch of what a command line would install, and what was printed."""
        verb, *words = arguments
        printed = self._run("--no-refresh", verb, "--dry-run", *words)
        found = [row for _, section in _SECTIONS.findall(printed) for row in _PACKAGE.findall(section)]
        return tuple(sorted(f"{name}-{edition}.{arch}" for name, edition, arch in found)), printed

    def _run(self, *arguments: str) -> str:
        options = ["--root", str(self._root), "--non-interactive", "--xmlout", "--no-gpg-checks"]
        done = subprocess.run(
            ["zypper", *options, *arguments], capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout
