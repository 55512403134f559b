"""A long list in pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from freshlayer.watch.pages.values import Pager

_Item = TypeVar("_Item")


def paged(
    items: Sequence[_Item], page: int, size: int, path: str, kept: Mapping[str, str]
) -> tuple[Sequence[_Item], Pager]:
    """The items of a page, and the addresses of its neighbours; beyond the last page is the last page."""
    pages = max(1, -(-len(items) // size))
    here = min(max(page, 1), pages)

    def address(number: int) -> str:
        values = {**kept, "page": str(number)} if number > 1 else dict(kept)
        query = f"?{urlencode(values)}" if values else ""
        return f"{path}{query}" if 1 <= number <= pages else ""

    shown = items[(here - 1) * size : here * size]
    return shown, Pager(here, pages, address(here - 1), address(here + 1))
