"""The README is short, its figures are those of the benches, and what it refers to exists."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from demo.record_session import THEMES, Theme, draw

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text("utf-8")
LONGEST = 130


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows(text: str, way: str) -> list[list[str]]:
    return [cells(line) for line in text.splitlines() if line.startswith(f"| `{way}` |")]


def test_it_fits_on_a_few_screens() -> None:
    assert len(README.splitlines()) <= LONGEST


@pytest.mark.parametrize("way", ["docker build --no-cache", "docker build", "freshlayer build"])
def test_its_figures_are_those_that_the_bench_printed(way: str) -> None:
    (_, seconds, sent, _, _, image) = rows(PERFORMANCE, way)[0]
    assert rows(README, way)[0] == [f"`{way}`", seconds, sent, image]


def test_the_share_of_the_gold_files_is_what_the_bench_printed() -> None:
    (recall, precision) = re.findall(r"recall ([\d.]+)%, precision ([\d.]+)%", PERFORMANCE)[0]
    named = [figure.removesuffix(".0") for figure in (recall, precision)]
    assert f"recall {named[0]} %, precision {named[1]} %" in README


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
