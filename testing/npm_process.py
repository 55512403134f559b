"""npm itself: its command, and one process for many commands, as each start of it takes a second."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

from testing.servers.base import find
from testing.servers.needs import require

_SCRIPT = Path(__file__).with_suffix(".js")
_OWN = Path(__file__).parent / "node_managers" / "node_modules" / "npm"


def npm_directory() -> Path:
    """Where npm is: of one release on every machine, else that of PATH.

    Releases of npm choose differently, and Debian's is of 2022. Skips the test where there is none.
    """
    require("node", "npm")
    return _OWN if _OWN.is_dir() else Path(find("npm")).resolve().parents[1]


def npm_command() -> list[str]:
    """The words that start npm."""
    return [find("node"), str(npm_directory() / "bin" / "npm-cli.js")]


class Npm:
    """npm's command line. What it prints goes nowhere."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [find("node"), str(_SCRIPT), str(npm_directory())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, words: Sequence[str], directory: Path, environment: Mapping[str, str] = os.environ) -> int:
        """The exit code of a command."""
        request = {"words": list(words), "directory": str(directory), "environment": dict(environment)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.communicate()


@cache
def shared_npm() -> Npm:
    """One for all tests of this process."""
    npm = Npm()
    atexit.register(npm.close)
    return npm
