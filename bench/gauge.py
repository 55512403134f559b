"""What a process takes: seconds and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A process inherits the peak of the one that started it, so one that is small has to.
_GAUGE = """\
import json, os, sys, time
out, *argv = sys.argv[1:]
file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
started = time.perf_counter()
pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, file, 1)])
_, status, used = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - started, used.ru_maxrss / 1024]))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that ended: its exit code, seconds, and peak memory in MiB."""

    code: int
    seconds: float
    memory: float


def gauged(out: Path, environment: Mapping[str, str], argv: Sequence[str]) -> Run:
    """Run a program; what it prints goes to a file."""
    words = [sys.executable, "-S", "-c", _GAUGE, str(out), *argv]
    done = subprocess.run(words, env=dict(environment), check=True, stdout=subprocess.PIPE)
    return Run(*json.loads(done.stdout))
