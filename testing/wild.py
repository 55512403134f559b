"""The wild set: real Dockerfiles with the scripts of their contexts, and its own counter of coverage."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

WILD = Path(__file__).resolve().parents[2] / "shared" / "wild"


def coverage() -> str:
    """How many RUNs that reach the network are covered, partly, listed and silent; empty without the set."""
    counter = WILD / "coverage.py"
    if not counter.is_file():
        return ""
    command = Path(sys.executable).with_name("freshlayer")
    argv = [sys.executable, str(counter), "--command", str(command)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


def silent_share() -> float | None:
    """The share of RUNs of which nothing is reported; None without the set."""
    found = re.search(r"^(\d+) RUNs .*silent (\d+) ", coverage())
    return int(found[2]) / int(found[1]) if found else None
