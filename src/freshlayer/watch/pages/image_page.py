"""The page of one image: what and why, what to do, its Dockerfile, its builds. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from freshlayer.model.composition_names import BAKE, COMPOSE
from freshlayer.model.history import BuildEvent
from freshlayer.report.page.bands import WORDS as BAND_WORDS
from freshlayer.report.page.view import Band, BandKind, Fact, ImageView
from freshlayer.report.text import roughly
from freshlayer.watch.pages.builds import build_rows
from freshlayer.watch.pages.cause_rows import rows
from freshlayer.watch.pages.images import FRESH, NEVER, STALE, UNKNOWN, WORDS, Image
from freshlayer.watch.pages.overview import since_of
from freshlayer.watch.pages.times import When, when
from freshlayer.watch.pages.tracks import failed_since, own_track
from freshlayer.watch.pages.values import BuildRow, ImagePage, Missed
from freshlayer.watch.pages.watching import Watching, since_lines, since_reads, watching_facts

_WHYS = 6
_NOTHING = Watching()
_MISSED = frozenset({"Not watched", "Accepted", "May not update"})
_UNBUILT = ("never-built", "new-dockerfile", "no-build-recorded", "not-watched-before")
"""How the codes of instructions without a record of a build start."""


def image_page(
    image: Image, builds: Sequence[BuildEvent], now: int, watching: Watching = _NOTHING
) -> ImagePage:
    """``builds``: newest first."""
    needs_you = image.needs_you or failed_since(image, builds) is not None
    view = image.view()
    bands = tuple(_bands(image, view))
    past = build_rows(builds, now)
    return ImagePage(
        title=image.title,
        name=image.name,
        place=image.known.platform,
        state=image.state,
        word=WORDS[image.state],
        since=since_of(image, now),
        whys=rows(image.whys[:_WHYS]),
        more=max(0, len(image.whys) - _WHYS),
        headline=_headline(image),
        lead=_lead(image, bands),
        track=own_track(image, builds, now),
        needs_you=needs_you,
        todo=_todo(image, builds, now),
        command=_command(image) if (needs_you and image.state == STALE) or image.state == NEVER else "",
        facts=(*_facts(image, view, past, now), *watching_facts(watching, now)),
        bands=bands,
        lines_left=view.lines_left,
        builds=past,
        missed=tuple(_missed(bands)),
        badge=f"/badge/{image.address}.svg",
        address=image.address,
        since_reads=since_reads(image, watching, now),
        since_lines=since_lines(image, watching, now),
    )


def _bands(image: Image, view: ImageView) -> Iterator[Band]:
    """Without a recorded build, an instruction is stale by what changed since it was first seen."""
    stale = False
    for band in view.bands:
        shown = band
        if band.kind is BandKind.OWN and band.code.startswith(_UNBUILT):
            shown = _unbuilt(image, band, stale=stale)
        elif band.kind is BandKind.FOLLOWS and not stale:
            shown = _quiet(image, band)
        stale = stale or shown.kind is BandKind.OWN
        yield shown


def _unbuilt(image: Image, band: Band, *, stale: bool) -> Band:
    if any(cause.line == band.line for cause in image.standing.causes):
        return replace(band, why="changed since it was first seen; no build is recorded")
    if stale:
        return replace(_as(band, BandKind.FOLLOWS), why="follows a line that is stale")
    return _quiet(image, band)


def _quiet(image: Image, band: Band) -> Band:
    watched = band.reads or band.line in image.known.installs
    return _as(band, BandKind.WATCHED if watched else BandKind.PLAIN)


def _as(band: Band, kind: BandKind) -> Band:
    return replace(band, kind=kind, word=BAND_WORDS[kind], why="", code="")


def _headline(image: Image) -> str:
    """Where no cause is listed."""
    match image.state:
        case _ if image.state == FRESH:
            return "Fresh: no watched input changed."
        case _ if image.state == NEVER:
            return "No build of it is recorded. A change since it was first seen counts as stale."
        case _ if image.state in {STALE, UNKNOWN}:
            return ""
        case _:
            return "Nothing is watched: no instruction reads anything that can be probed."


def _lead(image: Image, bands: Iterable[Band]) -> str:
    kinds = [band.kind for band in bands]
    own, follows = kinds.count(BandKind.OWN), kinds.count(BandKind.FOLLOWS)
    parts = []
    if image.state == STALE and own:
        what = "instruction has" if own == 1 else "instructions have"
        after = f"; the {follows} after {'it' if own == 1 else 'them'} run again as well" if follows else ""
        parts.append(f"{own} {what} changed inputs{after}.")
        if image.known.cost:
            parts.append(f"That takes about {roughly(image.known.cost)}.")
        if image.known.kept >= 1:
            parts.append(f"The rest stays cached, which saves about {roughly(image.known.kept)}.")
    unknown = len(image.known.unknown)
    if unknown:
        what = "input gives" if unknown == 1 else "inputs give"
        parts.append(f"{unknown} {what} no usable answer: what is recorded counts.")
    if image.known.missed:
        what = "input is" if image.known.missed == 1 else "inputs are"
        parts.append(f"{image.known.missed} {what} not watched: a change goes unseen.")
    return " ".join(parts)


def _todo(image: Image, builds: Sequence[BuildEvent], now: int) -> str:
    if image.state == STALE:
        failed = failed_since(image, builds)
        if failed is not None and not image.stuck:
            return f"The build of {when(failed.at, now).text} failed: read its output. Build it again:"
        if image.is_under_way:
            return "Nothing: a trigger started the rebuild, or waits to settle."
        return f"{_missing(image, now)} Build it again:"
    if image.state == UNKNOWN:
        actions = dict.fromkeys(why.action for why in image.whys if why.action)
        text = "; ".join(actions)
        return f"{text[:1].upper()}{text[1:]}." if text else "Nothing: it is probed again."
    return "Build it once through freshlayer:" if image.state == NEVER else "Nothing to do."


def _missing(image: Image, now: int) -> str:
    """Why no rebuild is under way."""
    if image.stuck:
        return f"{image.stuck[:1].upper()}{image.stuck[1:]}."
    if not image.overdue:
        return "No trigger fires for it."
    fired = when(image.overdue, now).text
    return f"A trigger fired at {fired}, and {image.missing}: see what it started."


def _command(image: Image) -> str:
    """Shown, never run. A name that is no path has none."""
    if not image.name.startswith("/") or not image.name.isprintable():
        return ""
    directory, _, name = image.name.rpartition("/")
    file, _, target = name.partition("#")
    if target and _is_composition(file):
        return _composed(directory or "/", file, target)
    named = "" if name == "Dockerfile" else f" -f {shlex.quote(image.name)}"
    return f"freshlayer build{named} {shlex.quote(directory or '/')}"


def _is_composition(file: str) -> bool:
    return file in COMPOSE or file in BAKE


def _composed(directory: str, file: str, target: str) -> str:
    """In the directory of the file: bake reads the paths in it as relative to where it runs.

    A file that the tool finds by itself is not named: with ``-f`` it would read no override beside it.
    """
    words = "bake" if file in BAKE else "compose build"
    mark = "-- " if target.startswith("-") else ""
    return f"cd {shlex.quote(directory)} && freshlayer {words} {mark}{shlex.quote(target)}"


def _facts(image: Image, view: ImageView, past: tuple[BuildRow, ...], now: int) -> Iterator[Fact]:
    yield from (it for it in view.facts if it.term not in {"A new build", "Instructions", "Builder"})
    if image.known.cost and image.state == STALE:
        yield Fact("A new build", f"about {roughly(image.known.cost)}", "as long as what is stale last took")
    built = past[0].at if past else _built(image, now)
    if built:
        yield Fact("Last build", built.text, _what_it_did(past[0]) if past else "")


def _what_it_did(build: BuildRow) -> str:
    if build.state == "failed":
        return "failed"
    saved = f", {build.saved} saved" if build.saved else ""
    return f"{build.ran} ran, {build.cached} cached{saved}"


def _built(image: Image, now: int) -> When | None:
    return when(image.known.built_at, now) if image.known.built_at else None


def _missed(bands: Iterable[Band]) -> Iterator[Missed]:
    for band in bands:
        for note in band.notes:
            if note.title in _MISSED:
                yield Missed(band.line, note.subject, note.why, note.code, note.hint)
