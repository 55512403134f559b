"""What the bench of many Dockerfiles counts, at a small size."""

from __future__ import annotations

import subprocess
import sys

from bench import many, readers
from testing.servers.needs import require


def test_each_reference_is_asked_once_and_no_body_is_moved() -> None:
    require("nginx")
    assert many.counts(files=60, distinct=70) == many.Counts(
        reported=60, requests=70, distinct=70, body_bytes=0
    )


def test_processor_time_counts_the_processes_that_were_started() -> None:
    busy = [sys.executable, "-S", "-c", "import time\nwhile time.process_time() < 0.3: pass"]
    assert readers.processor_time(lambda: subprocess.run(busy, check=True)) >= 0.25
