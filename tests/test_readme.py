"""The README is short, its figures are those of the benches, and what it refers to exists."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.readme import with_figures
from demo.record_session import THEMES, Theme, draw

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text("utf-8")
LONGEST = 130


def test_it_fits_on_a_few_screens() -> None:
    assert len(README.splitlines()) <= LONGEST


def test_its_figures_are_those_that_the_bench_printed() -> None:
    assert with_figures(README, PERFORMANCE) == README


def test_a_new_figure_of_the_bench_reaches_it() -> None:
    slower = re.sub(r"(`docker build --no-cache` \|) [\d.]+ s ", r"\1 99.9 s ", PERFORMANCE)
    slower = slower.replace("recall 100.0%", "recall 97.5%")
    changed = with_figures(README, slower)
    assert "| `docker build --no-cache` | 99.9 s | 209.0 MB | the current file |" in changed
    assert "recall 97.5 %, precision 100 %" in changed


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=str)
def test_what_a_page_links_to_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)=\"([^\"]+)\"", text)
    local = [link or source for link, source in links if "://" not in (link or source)]
    assert [name for name in local if not (page.parent / name).exists()] == []


def drawn(text: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(text).iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_session_shows_the_old_file_from_docker_and_the_new_one_from_freshlayer(theme: Theme) -> None:
    text = (ROOT / "docs" / f"session-{theme.name}.svg").read_text("utf-8")
    lines = drawn(text)
    contents = [line for line in lines if line.startswith("the content of")]
    assert contents == ['the content of "v1"', 'the content of "v2"']
    assert theme.ground in text
    assert any("CACHED" in line for line in lines)
    assert any("rebuilt 1 of" in line for line in lines)


def test_a_long_command_is_continued_and_markup_is_text() -> None:
    (first, second) = drawn(draw(["$ " + "word " * 25 + "<b>&"], THEMES[0]))
    assert first.endswith(" \\")
    assert second.endswith("<b>&")
