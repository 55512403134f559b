"""What a format of reports provides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Protocol

from msgspec import Struct

from freshlayer.model.report import Report
from freshlayer.model.str_enum import StrEnum

if TYPE_CHECKING:
    from freshlayer.model.observation import Observation, Verdict

ProbeResults = Sequence[tuple["Observation", "Verdict"]]


class ReportKind(StrEnum):
    """What a report is about: the inputs of a Dockerfile, their verdicts, or a build."""

    INPUTS = "inputs"
    CHECK = "check"
    BUILD = "build"


class Style(Struct, frozen=True):
    """What a writer has to know before the first report.

    ``several``: there may be more than one report. ``every``: print each instruction. ``explain``: print
    everything about the instruction on that line. A format may ignore the last two.
    """

    kind: ReportKind
    several: bool = False
    every: bool = False
    explain: int | None = None


class ReportWriter(Protocol):
    """Writes the reports of a run, each when it is there."""

    def add(self, report: Report, name: str = "") -> None:
        """Write one. ``name``: the service or target that the Dockerfile is built for."""

    def end(self) -> None:
        """Write what follows the last report."""


class ReportFormat(Protocol):
    """A module of this package."""

    def writer(self, stream: IO[str], style: Style) -> ReportWriter:
        """A writer for the reports of one run."""

    def write_probe(self, stream: IO[str], results: ProbeResults) -> None:
        """Write the report of ``probe``."""
