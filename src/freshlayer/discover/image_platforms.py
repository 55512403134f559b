"""For which platforms a Dockerfile reads its images. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from freshlayer.model.inputs import RemoteInput
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from freshlayer.model.base_image import ImageUse


def platforms_of_images(
    inputs: Iterable[RemoteInput], uses: Iterable[ImageUse], platforms: tuple[str, ...]
) -> dict[Reference, tuple[str, ...]]:
    """Image → the platforms for which it is read. ``platforms``: those of the build."""
    found: dict[Reference, list[ImageUse]] = {}
    for use in uses:
        found.setdefault(use.reference, []).append(use)
    images = (item for item in inputs if item.reference.kind == "image")
    return {it.reference: _platforms(it, found.get(it.reference, ()), platforms) for it in images}


def _platforms(item: RemoteInput, uses: Iterable[ImageUse], platforms: tuple[str, ...]) -> tuple[str, ...]:
    lines = {place.line for place in item.places if place.resolved_by_builder}
    elsewhere = () if len(lines) == len(item.places) else platforms
    return tuple(sorted({*elsewhere, *(use.platform for use in uses if use.line in lines)})) or platforms
