"""The overview: is anything stale, what, why, since when, what to do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from freshlayer.model.watched import Counts
from freshlayer.report.text import roughly
from freshlayer.watch.pages import images as states
from freshlayer.watch.pages.cause_rows import cause_rows, recovered_rows, why_row
from freshlayer.watch.pages.chart import chart
from freshlayer.watch.pages.images import FRESH, NEVER, STALE, STATES, UNKNOWN, UNWATCHED, WORDS, Image
from freshlayer.watch.pages.paging import paged
from freshlayer.watch.pages.times import When, when
from freshlayer.watch.pages.tracks import track
from freshlayer.watch.pages.values import Choice, Group, ImageRow, Link, Overview, WhyRow

PER_PAGE = 100
_MOST_CAUSES = 60
_WHYS = 2
_ALWAYS = frozenset({STALE, UNKNOWN, FRESH})
_ELSEWHERE = "Another process judges"
_OTHER_PAGE = (
    "Its page has the state of each image now. What is listed here is as old as its last round here."
)
_NOTES = {
    UNKNOWN: "an origin gives no usable answer; what is recorded of it counts",
    NEVER: "no build is recorded; a change since it was first seen counts as stale",
    UNWATCHED: "nothing in it can be probed",
    FRESH: "no watched input is another one than the image was built with",
}


class Query(Struct, frozen=True):
    """What the address selects. ``page`` is 1 for the first."""

    words: str = ""
    state: str = ""
    security: bool = False
    page: int = 1

    @property
    def kept(self) -> dict[str, str]:
        """For an address."""
        found = {"q": self.words, "state": self.state, "security": "1" if self.security else ""}
        return {name: value for name, value in found.items() if value}


def overview(
    images: Sequence[Image], query: Query, now: int, samples: Sequence[Counts], *, elsewhere: bool = False
) -> Overview:
    """What it shows of images. ``elsewhere``: whether another process judges them."""
    counts = Counter(image.state for image in images)
    needs, under_way, left = cause_rows(images, now, _MOST_CAUSES)
    found = sorted((it for it in images if _matches(it, query)), key=_order)
    page, pager = paged(found, query.page, PER_PAGE, "/", query.kept)
    return Overview(
        title=_title(counts),
        heading=_ELSEWHERE if elsewhere else _heading(counts, len(images)),
        lead=_OTHER_PAGE if elsewhere else _lead(images, sum(it.needs_you for it in images), now),
        choices=tuple(_choices(counts, query)),
        chart=chart(samples, now),
        needs_you=needs,
        under_way=under_way,
        causes_left=left,
        groups=tuple(_groups(page, Counter(it.state for it in found), now)),
        query=query.words,
        state=query.state,
        security=query.security,
        shown=len(found),
        total=len(images),
        pager=pager,
    )


def _order(image: Image) -> tuple[int, bool, bool, int, str]:
    """What needs a person, then security, then the oldest; fresh images by their latest change."""
    since = -image.turn.fresh if image.turn else 0
    return (
        STATES.index(image.state),
        not image.needs_you,
        not image.is_security,
        image.standing.stale_since or since,
        image.title,
    )


def _matches(image: Image, query: Query) -> bool:
    if (query.state and image.state != query.state) or (query.security and not image.is_security):
        return False
    words = query.words.lower().split()
    return not words or _has(image, words)


def _has(image: Image, words: Iterable[str]) -> bool:
    parts = [image.title, image.name, WORDS[image.state]]
    for why in image.whys:
        parts += [why.subject, why.old, why.new, why.note, why.code]
    parts += [use.shown for use in image.known.uses]
    text = "\n".join(parts).lower()
    return all(word in text for word in words)


def _title(counts: Mapping[str, int]) -> str:
    parts = [f"{counts[state]} {state}" for state in (STALE, UNKNOWN) if counts.get(state)]
    return ", ".join(parts) or "nothing stale"


def _heading(counts: Mapping[str, int], total: int) -> str:
    stale, unknown = counts.get(STALE, 0), counts.get(UNKNOWN, 0)
    if not total:
        return "No image is watched yet"
    if stale:
        rest = f", {unknown} unknown" if unknown else ""
        return f"{_images(stale)} {'is' if stale == 1 else 'are'} stale{rest}"
    if unknown:
        return f"{_images(unknown)} {'is' if unknown == 1 else 'are'} unknown, none is known to be stale"
    if counts.get(FRESH, 0) == total:
        return "The image is fresh" if total == 1 else f"All {total} images are fresh"
    return "No image is stale"


def _lead(images: Sequence[Image], needs: int, now: int) -> str:
    stale = [image for image in images if image.state == STALE]
    parts = []
    secure = [image for image in stale if image.is_security]
    gravest = min(secure or stale, key=lambda it: it.standing.stale_since, default=None)
    if gravest is not None:
        since = when(gravest.standing.stale_since, now)
        name = next((it.subject for it in gravest.whys if it.security or not secure), "")
        what = f"a security update of {name}" if secure else name
        number = sum(any(why.subject == name for why in it.whys) for it in stale)
        parts.append(f"Since {since.text} {what} makes {_images(number)} stale.")
    if needs:
        rest = "; the rest is under way" if any(it.is_under_way for it in stale) else ""
        parts.append(f"{_images(needs)} {'needs' if needs == 1 else 'need'} you{rest}.")
    elif stale:
        parts.append("Nothing to do: triggers are under way.")
    elif images:
        parts.append("Nothing to do.")
    else:
        parts.append("The first round searches for Dockerfiles and probes what they read.")
    return " ".join(parts)


def _choices(counts: Mapping[str, int], query: Query) -> Iterator[Choice]:
    for state in STATES:
        if counts.get(state) or state in _ALWAYS or query.state == state:
            address = f"/?{urlencode({'state': state})}#images"
            yield Choice(state, WORDS[state], counts.get(state, 0), address, query.state == state)


def _groups(page: Sequence[Image], counts: Mapping[str, int], now: int) -> Iterator[Group]:
    for state in STATES:
        rows = tuple(_row(image, now) for image in page if image.state == state)
        if rows:
            yield Group(state, WORDS[state], counts[state], _note(state, page), rows)


def _note(state: str, page: Sequence[Image]) -> str:
    if state != STALE:
        return _NOTES.get(state, "")
    cost = sum(image.known.cost for image in page if image.state == STALE)
    return f"a rebuild of all takes about {roughly(cost)}" if cost else ""


def _row(image: Image, now: int) -> ImageRow:
    known = image.known
    whys = tuple(why_row(it) for it in image.whys[:_WHYS]) or _recovered(image)
    return ImageRow(
        state=image.state,
        word=WORDS[image.state],
        title=Link(image.title, f"/image/{image.address}"),
        path="" if image.name.endswith((image.title, f"/{image.title}/Dockerfile")) else image.name,
        since=since_of(image, now),
        whys=whys,
        more=max(0, len(image.whys) - _WHYS),
        text="" if whys else _quiet(image),
        track=track(image, now),
        built=when(known.built_at, now) if known.built_at else None,
        cost=f"about {roughly(known.cost)}" if known.cost and image.state == STALE else "",
        covered=known.covered,
        runs=known.runs,
        security=image.is_security,
    )


def _recovered(image: Image) -> tuple[WhyRow, ...]:
    """What a fresh image was stale by last."""
    if image.state != FRESH or image.turn is None:
        return ()
    return recovered_rows(image.turn.references[:_WHYS])


def since_of(image: Image, now: int) -> When | None:
    """Since when it has its state, where that is known."""
    if image.state == STALE:
        return when(image.standing.stale_since, now)
    if image.state == states.UNKNOWN:
        return when(image.unknown_since, now) if image.unknown_since else None
    return when(image.turn.fresh, now) if image.turn and image.state == FRESH else None


def _quiet(image: Image) -> str:
    match image.state:
        case states.NEVER:
            return "no build is recorded"
        case states.UNWATCHED:
            return "no instruction reads anything that can be probed"
        case _:
            return ""


def _images(number: int) -> str:
    return f"{number} image" if number == 1 else f"{number} images"
