"""docker compose as a program by itself, without a client or a daemon beside it."""

from __future__ import annotations

from pathlib import Path

from testing.builders.suites import UNPACKED
from testing.builders.table import require

_SUITE = "trixie"
_PLUGIN = Path("usr/libexec/docker/cli-plugins/docker-compose")


def compose_program() -> Path:
    """Debian's; skips the test where this machine does not have it."""
    require(f"{_SUITE}-buildx")
    return UNPACKED / _SUITE / _PLUGIN
