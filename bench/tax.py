"""The tax: what ``freshlayer build`` costs beside ``docker build`` where everything is cached."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from testing.base_image import BASE
from testing.engine import PrivateEngine
from testing.origins import ServeOrigin

PAIRS = 10
INPUTS = 10
INSTRUCTIONS = 20


@dataclass(frozen=True, slots=True)
class Tax:
    """Medians in seconds over ``pairs`` interleaved runs; ``requests`` that one build makes of the origin."""

    plain: float
    ours: float
    pairs: int
    requests: float

    @property
    def more(self) -> float:
        return self.ours - self.plain

    def __str__(self) -> str:
        return (
            f"docker build {self.plain * 1000:.0f} ms, freshlayer build {self.ours * 1000:.0f} ms:"
            f" {self.more * 1000:.0f} ms more, ratio {self.ours / self.plain:.2f}"
            f" (medians of {self.pairs} pairs; {self.requests:.1f} requests a build)"
        )


def dockerfile(url: str) -> str:
    """20 instructions, ten of which download."""
    lines = [f"FROM {BASE}"]
    lines += [f"RUN wget -q -O /f{number} {url}{number}" for number in range(INPUTS)]
    lines += [f"RUN echo {number} > /n{number}" for number in range(INSTRUCTIONS - len(lines))]
    return "\n".join(lines) + "\n"


def measure(engine: PrivateEngine, *, buildkit: bool = True, pairs: int = PAIRS) -> Tax:
    """Interleaved, so that the machine's moods fall on both alike."""
    environment = engine.environment(buildkit=buildkit)
    with tempfile.TemporaryDirectory(prefix="freshlayer-bench-") as folder:
        here = Path(folder)
        context = here / "context"
        context.mkdir()
        with ServeOrigin(here, '"v1"') as origin:
            (context / "Dockerfile").write_text(dockerfile(origin.url))
            words = ["--network=host", "-t", "tax", str(context)]
            plain = ["docker", "build", *words]
            ours = [sys.executable, "-m", "freshlayer", "--state", str(here / "state"), "build", *words]
            for argv in (plain, ours):
                _seconds(argv, environment)
            before = len(origin.requests())
            taken = [(_seconds(plain, environment), _seconds(ours, environment)) for _ in range(pairs)]
            requests = (len(origin.requests()) - before) / pairs
    return Tax(median(p for p, _ in taken), median(o for _, o in taken), pairs, requests)


def _seconds(argv: list[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, env=dict(environment), check=True, capture_output=True)
    return time.perf_counter() - started
