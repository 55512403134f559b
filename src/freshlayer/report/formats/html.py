"""``--format html``: a page that is one file, for the artifacts of a CI. It needs jinja2, of an extra."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from freshlayer.model.all_reasons import REASONS
from freshlayer.model.observation import Observation, Verdict
from freshlayer.model.reasons import hint_of, meaning_of
from freshlayer.model.report import Report
from freshlayer.report.formats.base import ProbeResults, ReportKind, ReportWriter, Style
from freshlayer.report.page.bands import evidence_rows
from freshlayer.report.page.causes import merged
from freshlayer.report.page.images import heading, image, row
from freshlayer.report.page.view import Cause, EvidenceRow, Explained, ImageRow, ImageView

if TYPE_CHECKING:
    from markupsafe import Markup

    from freshlayer.report.page.rendering import Pages

_MOST_CHARACTERS = 8_000_000
"""Of the parts about images; an image that is above it is in the overview alone. Fresh ones take half."""
_MOST_ROWS = 5000
_MOST_CAUSES = 500
_QUIET = frozenset({"fresh", "unwatched"})
_STATES = ("stale", "unknown", "fresh", "unwatched")


def writer(stream: IO[str], style: Style) -> ReportWriter:
    """A writer of one page, at the end of the run."""
    return _Page(stream, style.kind, _pages())


def write_probe(stream: IO[str], results: ProbeResults) -> None:
    """A page with each reference, its identity and its evidence."""
    usable = sum(verdict.is_observed for _, verdict in results)
    rows = [_of_probe(observation, verdict) for observation, verdict in results]
    codes = {verdict.reason.code for _, verdict in results}
    title = f"{usable} of {len(rows)} {'reference' if len(rows) == 1 else 'references'} with a usable answer"
    values = {"heading": title, "rows": rows, "explained": _explained(codes)}
    stream.write(_pages().file(f"{title}: freshlayer", "probe.html", **values))
    stream.flush()


def _pages() -> Pages:
    from freshlayer.report.page.rendering import Pages  # noqa: PLC0415 - of an extra

    return Pages()


def _of_probe(observation: Observation, verdict: Verdict) -> dict[str, str | bool | tuple[EvidenceRow, ...]]:
    return {
        "reference": str(verdict.reference),
        "verdict": str(verdict.change),
        "usable": verdict.is_observed,
        "identity": str(verdict.identity or "none"),
        "reason": str(verdict.reason),
        "code": verdict.reason.code,
        "evidence": evidence_rows(observation.evidence, ()),
    }


class _Page:
    """Keeps the rendered parts, not the reports; the first image is rendered once it is known to be alone."""

    def __init__(self, stream: IO[str], kind: ReportKind, pages: Pages) -> None:
        self._stream = stream
        self._kind = kind
        self._pages = pages
        self._first: tuple[ImageView, Report] | None = None
        self._rows: list[ImageRow] = []
        self._states: Counter[str] = Counter()
        self._causes: tuple[Cause, ...] = ()
        self._codes: set[str] = set()
        self._sections: list[Markup] = []
        self._size = 0

    def add(self, report: Report, name: str = "") -> None:
        view = image(report, self._kind, name, f"i{self._states.total() + 1}")
        self._states[view.state] += 1
        self._codes |= set(_codes(view))
        if self._first is None:
            self._first = view, report
            return
        if not self._rows:
            self._take(*self._first)
        self._take(view, report)

    def _take(self, view: ImageView, report: Report) -> None:
        most = _MOST_CHARACTERS // 2 if view.state in _QUIET else _MOST_CHARACTERS
        section = self._pages.section(view, alone=False) if self._size < most else None
        shown = section is not None and self._size + len(section) <= most
        if section is not None and shown:
            self._sections.append(section)
            self._size += len(section)
        if len(self._rows) < _MOST_ROWS:
            self._rows.append(row(view, report, shown=shown))
        if len(self._causes) < _MOST_CAUSES:
            self._causes = merged([*self._causes, *view.causes])

    def end(self) -> None:
        number = self._states.total()
        if number == 1 and self._first:
            view, _ = self._first
            sections = [self._pages.section(view, alone=True)]
            title, head = f"{view.title}, {view.answer}", ""
        else:
            sections = self._sections
            title = head = heading(self._states) if number else "No image was checked"
        page = self._pages.file(
            f"{title}: freshlayer",
            "report.html",
            heading=head,
            counts=[(state, self._states[state]) for state in _STATES if self._states[state]],
            causes=self._causes[:_MOST_CAUSES],
            left=max(0, len(self._causes) - _MOST_CAUSES),
            rows=sorted(self._rows, key=lambda it: _STATES.index(it.state)),
            rows_left=number - len(self._rows) if self._rows else 0,
            sections=sections,
            sections_left=len(self._rows) - len(sections) if self._rows else 0,
            explained=_explained(self._codes),
        )
        self._stream.write(page)
        self._stream.flush()


def _codes(view: ImageView) -> Iterator[str]:
    """All reason codes that the part of an image has."""
    for band in view.bands:
        yield band.code
        yield from (read.code for read in band.reads)
        yield from (note.code for note in band.notes)
    yield from (cause.code for cause in view.causes)


def _explained(codes: set[str]) -> tuple[Explained, ...]:
    known = sorted(codes & REASONS.keys())
    return tuple(Explained(code, meaning_of(code), hint_of(code)) for code in known)
