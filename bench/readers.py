"""Other programs that read Dockerfiles or scripts of their RUNs, and what processor time they take."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.peers import PLACE
from freshlayer.dockerfile.parse import parse

SAMPLE = 60
_ROUNDS = 5
_LONGEST = 300.0
_BASHLEX = """
import json, sys, time
import bashlex
scripts = json.load(open(sys.argv[1]))
started, unread = time.process_time(), 0
for script in scripts:
    try:
        bashlex.parse(script)
    except Exception:
        unread += 1
json.dump((time.process_time() - started, unread), sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Readers:
    """Milliseconds of processor time a Dockerfile. ``unread``: the scripts of all that bashlex refuses."""

    freshlayer: float
    hadolint: float
    bashlex: float
    scripts: int
    unread: int

    def __str__(self) -> str:
        ours = f"Processor time a Dockerfile: freshlayer {self.freshlayer:.1f} ms"
        hadolint = (
            f"`hadolint`, a compiled linter that reads the instructions and their scripts, "
            f"{self.hadolint:.0f} ms ({self.freshlayer / self.hadolint:.2f})"
        )
        bashlex = (
            f"`bashlex`, a parser of shell in Python, {self.bashlex:.1f} ms "
            f"({self.freshlayer / self.bashlex:.2f}) to parse the scripts alone, "
            f"of which it refuses {self.unread} of {self.scripts}"
        )
        return f"{ours}; {hadolint}; {bashlex}."


def compared(act: Callable[[], object], files: Sequence[Path], directory: Path) -> Readers:
    """What they take, in turn with ``act``, which reads all files; they read a sample of them.

    ``directory`` is for what a program reads. The programs are installed: see ``peers.install``.
    """
    sample = files[:: max(1, len(files) // SAMPLE)]
    scripts = [script for path in sample for script in _scripts(path)]
    place = directory / "scripts.json"
    place.write_text(json.dumps(scripts))
    hadolint = [str(PLACE / "bin" / "hadolint"), "--no-fail", *map(str, sample)]
    bashlex = [str(PLACE / "bin" / "python"), "-c", _BASHLEX, str(place)]
    rounds = [
        (processor_time(act), processor_time(lambda: _output(hadolint)), *json.loads(_output(bashlex)))
        for _ in range(_ROUNDS)
    ]
    ours, linted, parsed, unread = map(median, zip(*rounds, strict=True))
    return Readers(
        _each(ours, files), _each(linted, sample), _each(parsed, sample), len(scripts), round(unread)
    )


def processor_time(act: Callable[[], object]) -> float:
    """Seconds, of this process and of those that ``act`` starts and waits for."""
    before = os.times()
    act()
    return sum(os.times()[:4]) - sum(before[:4])


def _each(seconds: float, sample: Sequence[Path]) -> float:
    return seconds / len(sample) * 1000


def _scripts(path: Path) -> list[str]:
    stages = parse(path.read_text("utf-8", "surrogateescape")).stages
    return [it.rest for stage in stages for it in stage.instructions if it.name == "RUN" and it.rest]


def _output(argv: Sequence[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=_LONGEST).stdout
