"""The README is short, its figures are those of the benches, and what it refers to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
    assert f"recall {recall} %, precision {precision.removesuffix('.0')} %" in README


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=str)
def test_what_a_page_links_to_exists(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)=\"([^\"]+)\"", text)
    local = [link or source for link, source in links if "://" not in (link or source)]
    assert [name for name in local if not (page.parent / name).exists()] == []
