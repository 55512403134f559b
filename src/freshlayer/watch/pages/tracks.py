"""stale → triggered → fresh: what has happened to an image, then what is due. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.watch.pages.images import FRESH, STALE, Image
from freshlayer.watch.pages.times import when
from freshlayer.watch.pages.values import Step


def track(image: Image, now: int) -> tuple[Step, ...]:
    """Empty where nothing happened."""
    if image.state == STALE:
        return tuple(_stale(image, now))
    if image.state == FRESH and image.turn is not None:
        return tuple(_fresh(image, now))
    return ()


def _stale(image: Image, now: int) -> Iterator[Step]:
    since = when(image.standing.stale_since, now)
    yield Step("stale", f"stale {since.text}", since)
    if image.stuck:
        yield Step("next", image.stuck)
    elif image.triggered:
        at = when(image.triggered, now)
        yield Step("run", f"triggered {at.text}", at)
        if image.missing:
            yield Step("next", image.missing)
    elif image.standing.waiting:
        yield Step("next", "a trigger waits to settle")
    else:
        yield Step("next", "no trigger fires for it")


def _fresh(image: Image, now: int) -> Iterator[Step]:
    turn = image.turn
    if turn is None:
        return
    stale, fresh = when(turn.stale, now), when(turn.fresh, now)
    yield Step("stale", f"stale {stale.text}", stale)
    if turn.triggered:
        at = when(turn.triggered, now)
        yield Step("run", f"triggered {at.text}", at)
    yield Step("fresh", f"fresh {fresh.text}", fresh)
