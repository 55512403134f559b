"""npm itself, for many commands: one process, as each start of it takes a second."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_SCRIPT = Path(__file__).with_suffix(".js")


class Npm:
    """npm's command line. What it prints goes nowhere."""

    def __init__(self) -> None:
        program = shutil.which("npm")
        if program is None:
            raise FileNotFoundError("npm")
        self._process = subprocess.Popen(
            ["node", str(_SCRIPT), str(Path(program).resolve().parents[1])],
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
        self._process.communicate()
