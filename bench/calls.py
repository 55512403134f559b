"""How many functions of Python a run calls: a measure of work that no other load of the machine changes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from freshlayer.discover.reading import analyse
from freshlayer.model.context_files import ReadContext
from freshlayer.shell.syntax.parse import parse
from testing import gold

_PROGRAM = """
import sys
count = 0
def called(frame, event, argument):
    global count
    count += event == "call"
place = sys.argv.pop(1)
from freshlayer.cli.start import main
sys.setprofile(called)
try:
    main()
finally:
    sys.setprofile(None)
    open(place, "w").write(str(count))
"""


_PLAIN = {"PATH": "/usr/bin:/bin"}


def calls(context: Path, *words: str, runs: int = 1, environ: Mapping[str, str] = _PLAIN) -> int:
    """Of the last of some runs of freshlayer with these words, from the end of its imports on."""
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as directory:
        place = Path(directory) / "count"
        argv = [
            sys.executable,
            "-c",
            _PROGRAM,
            str(place),
            "--state",
            f"{directory}/state",
            *words,
            str(context),
        ]
        environment = {**environ, "HOME": directory}
        for _ in range(runs):
            subprocess.run(argv, check=False, capture_output=True, env=environment)
        return int(place.read_text())


def each(directory: Path, lines: tuple[int, int], *words: str, times: int = 1) -> tuple[float, float]:
    """Calls for each further RUN that downloads: up to the first number of them, and between the two.

    ``times``: the last of so many runs counts. The second finds what the first has analysed.
    """
    counted = [0]
    for number in (1, *lines):
        context = directory / f"{number}-{words[0]}"
        context.mkdir()
        runs = (f"RUN curl -fsSLO https://example.org/f{n}\n" for n in range(number))
        (context / "Dockerfile").write_text("FROM scratch\n" + "".join(runs), encoding="utf-8")
        if number == 1:
            # Else the first one counts how modules are compiled that no run has loaded yet.
            calls(context, *words)
        counted.append(calls(context, *words, runs=times))
    _, one, few, many = counted
    return (few - one) / (lines[0] - 1), (many - few) / (lines[1] - lines[0])


def of_reading(text: str, read: ReadContext | None = None) -> Counter[str]:
    """File of a module → calls of a second reading in this process, for which what was loaded is kept."""
    counts: Counter[str] = Counter()

    def called(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            counts[frame.f_code.co_filename] += 1

    analyse(text, gold.QUESTION, read)
    parse.cache_clear()
    before = sys.getprofile()
    sys.setprofile(called)
    try:
        analyse(text, gold.QUESTION, read)
    finally:
        sys.setprofile(before)
    return counts
