"""For which platforms a Dockerfile reads its images. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from freshlayer.model.inputs import RemoteInput
from freshlayer.reference import Reference

if TYPE_CHECKING:
    from freshlayer.model.base_image import ImageUse


def platforms_of_images(
    inputs: Iterable[RemoteInput], uses: Iterable[ImageUse], platforms: tuple[str, ...]
) -> dict[Reference, tuple[str, ...]]:
    """Image → the platforms for which it is read. ``platforms``: those of the build."""
    return {it.reference: found for it, found in images_and_platforms(inputs, uses, platforms)}


def images_and_platforms(
    inputs: Iterable[RemoteInput], uses: Iterable[ImageUse], platforms: tuple[str, ...]
) -> list[tuple[RemoteInput, tuple[str, ...]]]:
    """The same for each input that is an image. One that is written alike is one, however it is requested."""
    found: dict[str, list[ImageUse]] = {}
    for use in uses:
        found.setdefault(use.reference.text, []).append(use)
    images = [item for item in inputs if item.reference.kind == "image"]
    return [(it, _platforms(it, found.get(it.reference.text, ()), platforms)) for it in images]


def _platforms(item: RemoteInput, uses: Sequence[ImageUse], platforms: tuple[str, ...]) -> tuple[str, ...]:
    if len(item.places) == 1 == len(uses):
        # Most images are named once.
        (place,), (use,) = item.places, uses
        if place.resolved_by_builder and use.line == place.line:
            return (use.platform,)
    lines = {place.line for place in item.places if place.resolved_by_builder}
    elsewhere = () if len(lines) == len(item.places) else platforms
    return tuple(sorted({*elsewhere, *(use.platform for use in uses if use.line in lines)})) or platforms
