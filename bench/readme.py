"""The figures of the README are those of docs/performance.md, and both are written at once."""

from __future__ import annotations

import re

WAYS = ("docker build --no-cache", "docker build", "freshlayer build")


def with_figures(readme: str, page: str) -> str:
    """The README with the figures of a page that ``make bench`` wrote.

    Raises ``ValueError`` where the page has no such table.
    """
    for way in WAYS:
        (_, seconds, sent, _, _, image) = _row(page, way)
        row = f"| `{way}` | {seconds} | {sent} | {image} |"
        readme = re.sub(
            rf"^\| `{re.escape(way)}` \|.* (?:s|ms) \|.*\|$", row, readme, count=1, flags=re.MULTILINE
        )
    return re.sub(r"recall [\d.]+ %, precision [\d.]+ %", _gold(page), readme)


def _row(page: str, way: str) -> list[str]:
    found = [line for line in page.splitlines() if line.startswith(f"| `{way}` |")]
    if not found:
        message = f"no row of `{way}`"
        raise ValueError(message)
    return [cell.strip() for cell in found[0].strip("|").split("|")]


def _gold(page: str) -> str:
    found = re.search(r"recall ([\d.]+)%, precision ([\d.]+)%", page)
    if found is None:
        message = "no recall and precision"
        raise ValueError(message)
    recall, precision = (figure.removesuffix(".0") for figure in found.groups())
    return f"recall {recall} %, precision {precision} %"
