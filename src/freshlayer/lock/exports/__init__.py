"""A lock file in the formats of other tools. A format is a module here and a row of ``EXPORTS``."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from msgspec import Struct

from freshlayer.model.lock import Lock

NO_DIGEST = "its SHA-256 is not known (freshlayer lock without --no-download)"


class Export(Struct, frozen=True):
    """The document of a format. ``left_out``: references that it can't hold, and why, in words."""

    text: str
    left_out: tuple[tuple[str, str], ...] = ()


class ExportFormat(Protocol):
    """A module of this package."""

    def export(self, lock: Lock, created: str) -> Export:
        """The document. ``created``: the time that it states where its format requires one, RFC 3339."""


class ExportRow(Struct, frozen=True):
    """A value of ``--format`` and its module."""

    name: str
    module: str


EXPORTS = (
    ExportRow("source-policy", "source_policy"),
    ExportRow("hermeto", "hermeto"),
    ExportRow("cyclonedx", "cyclonedx"),
    ExportRow("spdx", "spdx"),
)


def export_format(name: str) -> ExportFormat:
    """The format of a name of ``EXPORTS``; its module is loaded here."""
    module = next(row.module for row in EXPORTS if row.name == name)
    return cast("ExportFormat", import_module(f"{__name__}.{module}"))
