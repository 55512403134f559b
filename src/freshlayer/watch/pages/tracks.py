"""stale → triggered → fresh: what has happened to an image, then what is due. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from freshlayer.model.history import BuildEvent
from freshlayer.watch.pages.images import FRESH, STALE, Image, brief
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


def own_track(image: Image, builds: Sequence[BuildEvent], now: int) -> tuple[Step, ...]:
    """The same on its own page: with the first cause, the triggers, and a build that failed since.

    ``builds``: newest first.
    """
    steps = [_own(step, image) for step in track(image, now)]
    failed = failed_since(image, builds)
    if failed is None:
        return tuple(steps)
    at = when(failed.at, now)
    place = len(steps) - 1 if steps[-1].kind == "next" else len(steps)
    return (*steps[:place], Step("failed", f"build failed {at.text}{_failed_at(failed)}", at), *steps[place:])


def _own(step: Step, image: Image) -> Step:
    if step.at is None:
        return step
    match step.kind:
        case "stale":
            return replace(step, text=f"stale since {step.at.text}{_cause(image)}")
        case "fresh":
            return replace(step, text=f"fresh since {step.at.text}")
        case _:
            return replace(step, text=f"{step.text}{_by(image)}")


def _cause(image: Image) -> str:
    subjects = [why.subject for why in image.whys if why.state == STALE]
    if not subjects and image.turn is not None:
        subjects = [brief(it) for it in image.turn.references]
    more = f" and {len(subjects) - 1} more" if len(subjects) > 1 else ""
    return f" ({subjects[0]}{more})" if subjects else ""


def _by(image: Image) -> str:
    since = image.standing.stale_since
    names = [name for name, it in image.standing.fired.items() if since and it.at >= since]
    return f" by {', '.join(names)}" if names else ""


def failed_since(image: Image, builds: Sequence[BuildEvent]) -> BuildEvent | None:
    """The last build, where the image is stale since before it and it failed."""
    last = builds[0] if builds else None
    since = image.standing.stale_since
    failed = image.state == STALE and last is not None and last.result == "failed" and last.at >= since
    return last if failed else None


def _failed_at(build: BuildEvent) -> str:
    line = next((it.line for it in build.instructions if it.outcome == "failed"), 0)
    return f", line {line}" if line else ""
