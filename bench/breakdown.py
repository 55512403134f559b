"""Where the time of a run goes: the parts of a workflow, one after another, in a new interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROUNDS = 10


def measure(context: Path, state: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds by part: medians of ten interpreters."""
    runs = [_run(context, state, environment) for _ in range(ROUNDS)]
    return {part: median(run[part] for run in runs) for part in runs[0]}


def _run(context: Path, state: Path, environment: Mapping[str, str]) -> dict[str, float]:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], env=dict(environment), check=True)
    interpreter = (time.perf_counter() - started) * 1000
    argv = [sys.executable, "-m", "bench.breakdown", str(context), str(state)]
    printed = subprocess.run(argv, env=dict(environment), capture_output=True, text=True, check=True).stdout
    return {"interpreter": interpreter, **json.loads(printed)}


class Parts:
    """Milliseconds by name."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.taken[name] = self.taken.get(name, 0.0) + (time.perf_counter() - started) * 1000


def main(context: str, state: str) -> None:
    """Take each part once, and print them as JSON."""
    parts = Parts()
    with parts.part("imports"):
        import freshlayer.__main__  # noqa: F401, PLC0415
        from freshlayer import cli  # noqa: F401, PLC0415
        from freshlayer.context import read_dockerfile  # noqa: PLC0415
        from freshlayer.discover.analysis import BuildRequest  # noqa: PLC0415
        from freshlayer.discover.reading import analyse  # noqa: PLC0415
        from freshlayer.dockerfile.inject import Mechanism  # noqa: PLC0415
        from freshlayer.dockerfile.parse import parse as parse_dockerfile  # noqa: PLC0415
        from freshlayer.probe.http import ladder as http  # noqa: F401, PLC0415
        from freshlayer.probe.network import driver  # noqa: F401, PLC0415
        from freshlayer.report import text  # noqa: PLC0415
        from freshlayer.settings import Policy  # noqa: PLC0415
        from freshlayer.state import SqliteStore  # noqa: PLC0415
        from freshlayer.workflows import build, check, derived_files, inputs  # noqa: F401, PLC0415
        from freshlayer.workflows.observe import probe_now, recall  # noqa: PLC0415
        from freshlayer.workflows.platforms import default_platform, platforms_of  # noqa: PLC0415
        from freshlayer.workflows.session import Session  # noqa: PLC0415
    with parts.part("detecting the builder"):
        import os  # noqa: PLC0415

        from freshlayer.builders.detect import detect  # noqa: PLC0415

        builder = detect("", os.environ)
    source = read_dockerfile(context, None, sys.stdin.buffer)
    request = check.built_by(
        builder,
        builder.engine(),
        BuildRequest(platforms=platforms_of((), os.environ), host=default_platform()),
    )
    with parts.part("parsing"):
        parse_dockerfile(source.text)
    with parts.part("shell and discovery"):
        found = analyse(source.text, request)
    parts.taken["shell and discovery"] -= parts.taken["parsing"]
    session = Session(store=SqliteStore(Path(state), print), policy=Policy(), warn=print, clock=lambda: 1)
    references = [item.reference for item in found.discovery.inputs if item.reference.kind == "http"]
    with parts.part("state"):
        recorded = recall(references, session)
    with parts.part("probe"):
        probe_now(references, recorded, session, request.platforms)
    with parts.part("state"):
        session.store.record_observations(recorded, at=1)
    report = inputs.inputs(source, request)
    with parts.part("inject"):
        derived_files.derived(source, report, Mechanism.MOUNT, ())
    with parts.part("report"):
        text.build_lines(report)
    print(json.dumps(parts.taken))


if __name__ == "__main__":
    main(*sys.argv[1:])
