"""``--format markdown``: read again by a parser of Markdown."""

from __future__ import annotations

import string
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from freshlayer.report.formats.base import ReportKind, Style
from freshlayer.report.formats.markdown import code, code_element
from freshlayer.report.terminal import plain
from testing.reports import HOSTILE, hostile_probe, hostile_report, probe_written, written

ALLOWED = {
    *("table", "thead", "tbody", "tr", "th", "td", "code", "span", "details", "summary"),
    *("h2", "h3", "p", "strong"),
}


class Page(HTMLParser):
    """The elements of a page, and the text of each cell, heading, summary and paragraph."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))
        self.texts = [text.strip() for text in self.texts]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.append(tag)
        if tag in {"td", "th", "h2", "h3", "p", "summary"}:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


@given(
    st.text(
        st.one_of(st.sampled_from(string.punctuation + " \n\ta1"), st.characters()), min_size=1, max_size=40
    )
)
@example(HOSTILE)
@example("`")
@example("\\|")
@example(" a ")
def test_any_text_is_one_cell_that_holds_it(text: str) -> None:
    for cell in (code(text), code_element(text)):
        page = Page(f"| a | b |\n|---|---|\n| {cell} | end |\n")
        assert page.texts[2] == plain(text).strip()
        assert page.texts[3] == "end"
        assert len(page.texts) == 4
        assert set(page.tags) <= ALLOWED
        assert "\n" not in cell


@pytest.mark.parametrize("kind", ReportKind)
def test_nothing_of_a_hostile_report_becomes_markup(kind: ReportKind) -> None:
    text = written("markdown", Style(kind), [("", hostile_report()), (HOSTILE, hostile_report())])
    page = Page(text)
    assert set(page.tags) <= ALLOWED
    assert text.isprintable() is False
    assert all(line.isprintable() for line in text.splitlines())
    cells = [cell for cell in page.texts if plain(HOSTILE) in cell]
    assert len(cells) >= 6


def test_the_table_of_a_build() -> None:
    page = Page(written("markdown", Style(ReportKind.BUILD), [("", hostile_report())]))
    assert "1 of 1 watched instruction stale; 1 input without a usable answer." in page.texts
    rows = [page.texts[i + 1] for i, cell in enumerate(page.texts) if cell in {"", "2", "6"}]
    assert rows[:5] == ["build failed", "changed during the build", "stale", "absent input", "may not update"]
    assert [text for text in page.texts if text.startswith("1 ")][1:] == [
        "1 package changed",
        "1 not watched",
        "1 advice",
    ]


def test_a_probe_has_its_evidence_on_a_click() -> None:
    page = Page(probe_written("markdown", [hostile_probe()]))
    assert set(page.tags) <= ALLOWED
    assert "evidence of https://example.org/a" in page.texts
    assert sum(plain(HOSTILE) in text for text in page.texts) == 3
