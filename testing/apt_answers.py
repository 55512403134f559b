"""What apt-get answers, kept until its indexes are others: it takes more than a second for each line."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from functools import cached_property
from pathlib import Path

from testing.apt_root import AptRoot, Chosen


class AptAnswers:
    """The answers for a root. ``kept``: where those for several states of the root are, the newest only."""

    def __init__(self, root: AptRoot, kept: Path) -> None:
        self.root = root
        self._kept = kept

    def choose(self, *argv: str) -> Chosen | str:
        """`AptRoot.choose`."""
        place = self._directory / hashlib.sha256("\0".join(argv).encode()).hexdigest()
        if not place.exists():
            _write(place, self.root.choose(*argv))
        found: str | list[tuple[str, str, str]] = json.loads(place.read_text())
        if isinstance(found, str):
            return found
        return {(name, architecture): version for name, architecture, version in found}

    @cached_property
    def _directory(self) -> Path:
        directory = self._kept / self._state()
        for other in self._kept.glob("*") if self._kept.exists() else ():
            if other != directory:
                shutil.rmtree(other, ignore_errors=True)
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _state(self) -> str:
        """A digest of all that apt-get reads, and of apt-get itself."""
        root = self.root
        digest = hashlib.sha256(root.run("--version").stdout.encode())
        for name, text in sorted(root.files.items()):
            digest.update(f"{name}\0{text}\0".encode())
        lists = sorted(path for path in root.lists.iterdir() if path.is_file() and path.name != "lock")
        for path in (root.directory / "var/lib/dpkg/status", *lists):
            digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
        return digest.hexdigest()


def _write(place: Path, answer: Chosen | str) -> None:
    found = answer if isinstance(answer, str) else [(*key, version) for key, version in answer.items()]
    temporary = place.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(found))
    temporary.replace(place)
