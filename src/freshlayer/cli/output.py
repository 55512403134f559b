"""Where reports go: a stream in the format of ``--format``, and ``--report FILE`` in that of its ending."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec.structs import replace

from freshlayer.cli.options import Options
from freshlayer.report.formats import DEFAULT_OF_FILES, format_of, load
from freshlayer.report.formats.base import ProbeResults, ReportKind, Style
from freshlayer.report.terminal import warn

if TYPE_CHECKING:
    from freshlayer.model.report import Report

_IN_MEMORY = 1024 * 1024
_TEXT = "text"


class Output:
    """The reports of one run, in each form that the options name."""

    def __init__(self, options: Options, style: Style) -> None:
        style = replace(style, every=bool(options.verbose))
        self._targets = [
            (target, load(target.form).writer(target.stream, style))
            for target in _targets(options, style.kind)
        ]

    def add(self, report: Report, name: str = "") -> None:
        """Write one report in each form."""
        for _, writer in self._targets:
            writer.add(report, name)

    def end(self) -> None:
        """Finish each form."""
        for target, writer in self._targets:
            writer.end()
            target.close()

    def write(self, reports: Sequence[tuple[str, Report]]) -> None:
        """Write all reports, with their names. The file is complete before the stream gets anything."""
        for target, writer in self._targets:
            for name, report in reports:
                writer.add(report, name)
            writer.end()
            target.close()


def only_text(options: Options) -> bool:
    """Whether every report is lines of text."""
    return (options.format or _TEXT) == _TEXT and not options.report and not options.report_to


def write_probe(options: Options, results: ProbeResults) -> None:
    """Write the report of ``probe`` in each form."""
    for target in _targets(replace(options, quiet=False), ReportKind.CHECK):
        load(target.form).write_probe(target.stream, results)
        target.close()


def write_file(options: Options, report: Report) -> None:
    """Write ``--report`` alone, for a command whose result is something else."""
    if options.report:
        Output(replace(options, format=None, quiet=True), Style(ReportKind.CHECK)).write([("", report)])


class _Target:
    """A stream and the format that it gets."""

    def __init__(self, form: str, stream: IO[str]) -> None:
        self.form = form
        self.stream = stream

    def close(self) -> None:
        """The stream is not ours."""


class _File(_Target):
    """A file, which is replaced when its content is complete."""

    def __init__(self, path: str, form: str = "") -> None:
        import tempfile

        self._path = Path(path)
        written = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by close
        super().__init__(form or format_of(path), written)

    def close(self) -> None:
        from freshlayer.files.atomic_write import replace as replace_file

        self.stream.seek(0)
        try:
            with self.stream:
                replace_file(self._path, self.stream.read().encode())
        except OSError as error:
            warn(f"{self._path}: the report can't be written: {error.strerror}")


def _targets(options: Options, kind: ReportKind) -> Iterator[_Target]:
    """The file first, so that a reader of the stream that ends early does not cost it.

    The standard output of ``build`` is the builder's, so its report goes to standard error. With
    ``--report -``, standard output holds that document alone.
    """
    form = options.format or _TEXT
    stream = sys.stderr if kind is ReportKind.BUILD else sys.stdout
    if options.report == "-":
        if sys.stdout is not None:
            yield _Target(DEFAULT_OF_FILES if form == _TEXT else form, sys.stdout)
        if kind is not ReportKind.BUILD:
            return
        form = _TEXT
    elif options.report:
        yield _File(options.report)
    if options.report_to and options.report_to != "-":
        yield _File(options.report_to, options.format or "")
        return
    # A stream is None where a service starts us with it closed.
    if stream is not None and not (form == _TEXT and options.quiet):
        yield _Target(form, stream)
