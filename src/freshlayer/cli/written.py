"""``--report FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from freshlayer.report.terminal import warn


def write_report(path: str | None, document: dict[str, Any]) -> None:
    """Write a JSON document, whole or not at all; a warning where that fails."""
    if path is None:
        return
    from freshlayer.state.files import replace

    try:
        replace(Path(path), (json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        warn(f"{path}: the report can't be written: {error.strerror}")
