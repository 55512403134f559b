"""``--format markdown``: what a CI shows as the summary of a job (GitHub's dialect)."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from freshlayer.decisions.causes import totals_of
from freshlayer.model.report import Report
from freshlayer.report import packages
from freshlayer.report.difference import ReportChange, what
from freshlayer.report.findings import Finding, Level, findings
from freshlayer.report.formats.base import ProbeResults, ReportKind, ReportWriter, Style
from freshlayer.report.groups import command_lines, coverage_text
from freshlayer.report.terminal import plain
from freshlayer.report.text import duration, is_own, via

_FOLDED = frozenset({"not watched", "advice"})
"""Titles of findings that are shown on a click, in a list of their own."""


def writer(stream: IO[str], style: Style) -> ReportWriter:
    """A writer of one document, with a heading for each Dockerfile."""
    return _Document(stream, style.kind)


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """A table of references, and the evidence of each on a click."""
    rows = [
        (
            code(str(verdict.reference)),
            str(verdict.change),
            code(str(verdict.identity or "none")),
            code(str(verdict.reason)),
        )
        for _, verdict in results
    ]
    lines = ["## freshlayer probe", "", *_table(("Reference", "Verdict", "Identity", "Reason"), rows)]
    for observation, verdict in results:
        found = [
            (
                str(item.hop),
                str(item.strength),
                code(f"{item.scheme}:{item.value}"),
                code(str(item.ignored or "")),
            )
            for item in observation.evidence
        ]
        if found:
            table = _table(("Hop", "Strength", "Evidence", "Ignored"), found)
            lines += ["", *_folded(f"evidence of {code_element(str(verdict.reference))}", table)]
    stream.write("\n".join([*lines, ""]))
    stream.flush()


def write_difference(stream: IO[str], changes: Sequence[ReportChange]) -> None:
    """A table of what differs between two reports."""
    rows = [
        (
            code(f"{change.dockerfile}:{change.line}" if change.line else change.dockerfile),
            code(change.subject),
            code(what(change)),
        )
        for change in changes
    ]
    table = list(_table(("Place", "Subject", "Difference"), rows)) if rows else ["Nothing differs."]
    stream.write("\n".join(["## freshlayer diff", "", *table, ""]))
    stream.flush()


class _Document:
    def __init__(self, stream: IO[str], kind: ReportKind) -> None:
        self._stream = stream
        self._kind = kind
        stream.write(f"## freshlayer {kind}\n")

    def add(self, report: Report, name: str = "") -> None:
        self._stream.write("\n".join(["", *_part(report, self._kind, name), ""]))

    def end(self) -> None:
        self._stream.flush()


def _part(report: Report, kind: ReportKind, name: str) -> Iterator[str]:
    target = f"{code(name)}: " if name else ""
    yield f"### {target}{code(report.dockerfile)}"
    yield ""
    found = list(findings(report))
    if kind is ReportKind.INPUTS:
        yield from _inputs(report)
    else:
        yield _summary(report)
        shown = [item for item in found if item.title not in _FOLDED]
        if shown:
            yield ""
            yield from _table(("Line", "Finding", "Cause"), [_row(item) for item in shown])
        yield from _packages(report)
    for title in sorted(_FOLDED, reverse=True):
        of_title = [item for item in found if item.title == title]
        if of_title:
            rows = [(str(item.line), code(item.text)) for item in of_title]
            yield ""
            yield from _folded(f"{len(rows)} {title}", _table(("Line", "What, and why"), rows))


def _packages(report: Report) -> Iterator[str]:
    rows = [(line, *map(code, cells)) for line, *cells in packages.rows(report)]
    if rows:
        yield ""
        table = _table(packages.HEADS, rows)
        yield from _folded(f"{_count(len(rows), 'package')} changed", table)


def _inputs(report: Report) -> Iterator[str]:
    rows = [
        (place.line, code(place.instruction), code(place.via + via(place.script)), code(str(item.reference)))
        for item in report.inputs
        for place in item.places
    ]
    rows += [(line, code("RUN"), code(""), code(text)) for line, text in command_lines(report)]
    if rows:
        cells = [(str(line), *rest) for line, *rest in sorted(rows)]
        yield from _table(("Line", "Instruction", "By", "Reads"), cells)
    else:
        yield "No input is watched."
    if coverage := coverage_text(report):
        yield ""
        yield f"{coverage}."


def _summary(report: Report) -> str:
    watched = [item for item in report.instructions if is_own(item)]
    stale = sum(item in watched for item in report.stale)
    parts = [f"**{stale} of {_count(len(watched), 'watched instruction')} stale**"]
    if unanswered := len(report.unobserved) + len(report.unreachable):
        parts.append(f"{_count(unanswered, 'input')} without a usable answer")
    if coverage := coverage_text(report):
        parts.append(coverage)
    outcomes = [item.outcome for item in report.instructions if item.outcome]
    if outcomes:
        totals = totals_of(outcomes)
        saved = f", about {duration(totals.saved)} saved" if totals.saved else ""
        parts.append(f"{totals.ran} of {totals.ran + totals.cached} instructions ran{saved}")
    return "; ".join(parts) + "."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _row(item: Finding) -> tuple[str, str, str]:
    title = f"**{item.title}**" if item.level is Level.ERROR else item.title
    return (str(item.line or ""), title, code(item.text))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(heads)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def code(text: str) -> str:
    """Any text as code: inert in Markdown, so that no link, mention, image or HTML comes of it.

    A pipe would end the cell of a table, inside of code too, and a backslash before it is ambiguous.
    """
    shown = plain(text)
    if not shown.strip():
        return ""
    if "|" in shown:
        return code_element(shown)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if {shown[0], shown[-1]} & {"`", " "} else f"{fence}{shown}{fence}"


def code_element(text: str) -> str:
    """The same as an element of HTML, whose content Markdown does read: each punctuation mark is escaped.

    An e-mail address becomes a link even if it is escaped, but not with an element around its ``@``.
    """
    escaped = "".join(f"&#{ord(c)};" if c in string.punctuation else c for c in plain(text))
    return f"<code>{escaped.replace('&#64;', '<span>&#64;</span>')}</code>"
