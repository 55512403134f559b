"""``--format json``: one document, whose schemas are in ``docs/schema``."""

from __future__ import annotations

import json
from textwrap import indent
from typing import IO

from freshlayer.model.report import Report
from freshlayer.report.document import VERSION, Document, of_check, of_inputs, of_probe
from freshlayer.report.formats.base import ProbeResults, ReportKind, ReportWriter, Style


def writer(stream: IO[str], style: Style) -> ReportWriter:
    """A writer of one document: a list of the reports where there may be several."""
    return _Several(stream, style.kind) if style.several else _One(stream, style.kind)


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """The document of ``probe``."""
    stream.write(json.dumps(of_probe(list(results)), indent=1) + "\n")


def _document(kind: ReportKind, report: Report, name: str) -> Document:
    document = of_inputs(report) if kind is ReportKind.INPUTS else of_check(report)
    return {**document, "name": name} if name else document


class _One:
    def __init__(self, stream: IO[str], kind: ReportKind) -> None:
        self._stream = stream
        self._kind = kind

    def add(self, report: Report, name: str = "") -> None:
        self._stream.write(json.dumps(_document(self._kind, report, name), indent=1) + "\n")

    def end(self) -> None:
        self._stream.flush()


class _Several:
    """Writes what ``json.dumps`` would print for the whole list; only one report is in memory."""

    def __init__(self, stream: IO[str], kind: ReportKind) -> None:
        self._stream = stream
        self._kind = kind
        self._before = f'{{\n "version": {VERSION},\n "dockerfiles": ['
        self._after = "]\n}\n"

    def add(self, report: Report, name: str = "") -> None:
        document = json.dumps(_document(self._kind, report, name), indent=1)
        self._stream.write(f"{self._before}\n{indent(document, '  ')}")
        self._before, self._after = ",", "\n ]\n}\n"

    def end(self) -> None:
        if self._after.startswith("]"):
            self._stream.write(self._before)
        self._stream.write(self._after)
        self._stream.flush()
