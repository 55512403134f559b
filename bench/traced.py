"""What a run of freshlayer imports and starts, by the interpreter's own audit events (PEP 578)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import atexit, json, sys
place, modules, started, compiled, before = sys.argv.pop(1), [], [], [], [""]
def heard(event, given):
    if event == "import":
        modules.append(given[0])
    elif event == "compile" and sys._getframe(1).f_code.co_name != "namedtuple":
        compiled.append(str(given[0])[:80])
    elif event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec"):
        # Popen may use posix_spawn, which is then an event of its own for the same program.
        if event != "os.posix_spawn" or before[0] != "subprocess.Popen":
            started.append(str(given[0]) if given else event)
        before[0] = event
sys.addaudithook(heard)
atexit.register(lambda: open(place, "w").write(json.dumps([modules, started, compiled])))
from freshlayer.cli.start import main
sys.exit(main())
"""


@dataclass(frozen=True, slots=True)
class Traced:
    """Names of modules and of programs, in order, and how it ended.

    ``compiled``: texts that Python compiled, each by its first argument, without those of named tuples.
    """

    modules: tuple[str, ...]
    started: tuple[str, ...]
    compiled: tuple[str, ...]
    code: int


def traced(*words: str, environment: Mapping[str, str]) -> Traced:
    """Run freshlayer with these words. What other runs left among temporary files is not its work."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        place = Path(directory) / "events"
        argv = [sys.executable, "-c", _PROGRAM, str(place), *words]
        done = subprocess.run(
            argv, env={"TMPDIR": directory, **environment}, capture_output=True, check=False
        )
        modules, started, compiled = json.loads(place.read_text())
    return Traced(tuple(modules), tuple(started), tuple(compiled), done.returncode)
