"""What a program leaves in sight of others while it runs: the arguments of processes, and temporary files."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Self

TICK = 0.005


class Watcher:
    """Collects the content of every file that is ever below `directory`, a program's temporary directory.

    And the arguments of every process that has it in its environment: of the program, and what it starts.
    """

    def __init__(self, directory: Path) -> None:
        self.arguments: set[bytes] = set()
        self.files: set[bytes] = set()
        self._directory = directory
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._closing.wait(TICK):
            for process in Path("/proc").glob("[0-9]*"):
                # It may end while we look at it.
                with contextlib.suppress(OSError):
                    if str(self._directory).encode() in (process / "environ").read_bytes():
                        self.arguments.add((process / "cmdline").read_bytes())
            # `os.walk` passes over a directory that is removed meanwhile; `Path.rglob` raises there.
            for directory, _, names in os.walk(self._directory):
                for name in names:
                    with contextlib.suppress(OSError):
                        self.files.add((Path(directory) / name).read_bytes())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
