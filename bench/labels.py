"""``python -m bench.labels DIR``: recall, precision and coverage over labelled Dockerfiles.

DIR has ``files/OWNER+REPOSITORY/PATH``, their labels in ``gold.json``, and ``score.py``, which compares
findings with labels and prints ``recall`` and ``precision`` with ``--json``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from freshlayer.context import Source
from freshlayer.decisions.coverage import coverage_of
from freshlayer.discover.analysis import BuildRequest
from freshlayer.model.inputs import SYNTAX
from freshlayer.model.report import Report
from freshlayer.workflows.inputs import inputs

_REQUEST = BuildRequest(("linux/amd64",))


def main(words: list[str]) -> int:
    """Print the figures; 2 without a directory."""
    if len(words) != 1 or not Path(words[0], "gold.json").is_file():
        print("usage: python -m bench.labels DIR", file=sys.stderr)
        return 2
    for line in lines(Path(words[0])):
        print(line)
    return 0


def lines(directory: Path) -> Iterator[str]:
    """The figures, each as a line."""
    root = directory / "files"
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    seconds: list[float] = []
    reports: dict[str, Report] = {}
    for path in paths:
        source = Source(path.read_bytes(), "Dockerfile", "Dockerfile", str(path.parent), None)
        start = time.perf_counter()
        reports[str(path.relative_to(root))] = inputs(source, _REQUEST)
        seconds.append(time.perf_counter() - start)
    scores = _scores(directory, [_findings(name, report) for name, report in reports.items()])
    found = [coverage_of(it.inputs, it.not_watched, it.covered) for it in reports.values()]
    runs, covered = sum(it.runs for it in found), sum(it.covered for it in found)
    yield f"{len(paths)} Dockerfiles, {statistics.median(seconds) * 1000:.1f} ms each (median)"
    yield f"recall {scores['recall']:.3f}, precision {scores['precision']:.3f}"
    yield f"coverage: {covered} of {runs} RUNs that reach the network ({covered / max(1, runs):.0%})"


def _findings(name: str, report: Report) -> dict[str, Any]:
    """As ``score.py`` takes them."""
    watched = [
        {
            "line": place.line,
            "kind": item.reference.kind,
            "reference": str(item.reference).partition("#header:")[0].removeprefix("hg+"),
        }
        for item in report.inputs
        for place in item.places
        # The labels have neither frontends nor packages by name.
        if place.via != SYNTAX and item.reference.kind != "package"
    ]
    missed = [{"line": item.line, "why": str(item.reason)} for item in (*report.not_watched, *report.covered)]
    return {"file": name, "inputs": watched, "unwatched": missed}


def _scores(directory: Path, findings: list[dict[str, Any]]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as stream:
        json.dump(findings, stream)
        stream.flush()
        words = [
            sys.executable,
            str(directory / "score.py"),
            str(directory / "gold.json"),
            stream.name,
            "--json",
        ]
        ran = subprocess.run(words, check=True, capture_output=True, text=True)
    scores: dict[str, float] = json.loads(ran.stdout)
    return scores


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
