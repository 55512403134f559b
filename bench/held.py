"""How much memory a run holds at its peak for each input: a measure that no other load changes.

The second check of a Dockerfile, as ``bench.growth`` makes it: everything is recorded, and answered by 304.
"""

from __future__ import annotations

import subprocess
import sys

from bench.calls import calls
from bench.growth import World

_PROGRAM = """
import sys
from freshlayer.cli.start import main
place = sys.argv.pop(1)
import tracemalloc
tracemalloc.start()
try:
    main()
finally:
    open(place, "w").write(str(tracemalloc.get_traced_memory()[1]))
"""


def peak(made: World, inputs: int) -> int:
    """Bytes that Python holds at most, of what it took after its imports."""
    context = made.written(
        f"held-{inputs}", [f"RUN curl -fsSLO {made.origin.url}f{n}" for n in range(inputs)]
    )
    words = ["--state", str(made.here / f"held-state-{inputs}"), "check", str(context)]
    place = made.here / "held"
    made.freshlayer(*words)
    argv = [sys.executable, "-c", _PROGRAM, str(place), *words]
    subprocess.run(argv, env=dict(made.environment), check=False, stdout=subprocess.DEVNULL)
    return int(place.read_text())


def each(made: World, few: int = 500, many: int = 2_500) -> float:
    """Bytes for each further input."""
    return (peak(made, many) - peak(made, few)) / (many - few)


def called(made: World, few: int = 100, many: int = 400) -> float:
    """Calls of functions for each further input, the probe included."""
    counted = []
    for inputs in (few, many):
        runs = [f"RUN curl -fsSLO {made.origin.url}f{n}" for n in range(inputs)]
        context = made.written(f"called-{inputs}", runs)
        counted.append(calls(context, "check", environ=made.environment, runs=2))
    return (counted[1] - counted[0]) / (many - few)
