"""What a build tells at its end, and ``--report FILE``."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshlayer.cli.options import Options
from freshlayer.report.terminal import show, warn

if TYPE_CHECKING:
    from freshlayer.model.report import Report


def show_build(options: Options, report: Report, prefix: str = "freshlayer: ") -> None:
    """What is told of a Dockerfile that was built; nothing with ``--quiet``, all of it with ``--verbose``."""
    from freshlayer.report import build_lines, check_lines

    if not options.quiet:
        brief = build_lines(report)
        lines = chain(check_lines(report, every=True), brief) if options.verbose else brief
        show(lines, sys.stderr, prefix)


def write_report(path: str | None, document: dict[str, Any]) -> None:
    """Write a JSON document, whole or not at all, ``-`` is standard output; warns where that fails."""
    if path is None:
        return
    from freshlayer.files.atomic_write import replace

    text = json.dumps(document, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        replace(Path(path), text.encode())
    except OSError as error:
        warn(f"{path}: the report can't be written: {error.strerror}")
