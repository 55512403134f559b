"""What the views of the service show, as values that templates read. Texts are plain. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from freshlayer.report.page.view import Band, EvidenceRow, Fact
from freshlayer.watch.pages.times import When


class Link(Struct, frozen=True):
    """``address``: on this site; empty where the text is all."""

    text: str
    address: str = ""


class Step(Struct, frozen=True):
    """A step of a track. ``kind``: ``stale``, ``run``, ``failed``, ``fresh``, ``next``, as it is drawn."""

    kind: str
    text: str
    at: When | None = None


class WhyRow(Struct, frozen=True):
    """Why, in one line. ``old``, ``new``: empty where they are not known."""

    subject: Link
    old: str
    new: str
    note: str
    code: str
    security: bool
    line: int = 0


class CauseRow(Struct, frozen=True):
    """One cause, and all images that it concerns. ``more``: how many are not listed.

    ``number``: of the images; ``fresh``: how many others were stale by it and are fresh again.
    ``action``: what to do; ``after``: what comes next.
    """

    state: str
    why: WhyRow
    at: When | None
    images: tuple[Link, ...]
    more: int
    number: int
    fresh: int
    needs_you: bool
    action: Link
    after: str


class ImageRow(Struct, frozen=True):
    """An image of the overview. ``path``: of its Dockerfile, empty where the title is all of it."""

    state: str
    word: str
    title: Link
    path: str
    since: When | None
    whys: tuple[WhyRow, ...]
    more: int
    text: str
    track: tuple[Step, ...]
    built: When | None
    cost: str
    covered: int
    runs: int
    security: bool


class Group(Struct, frozen=True):
    """The images of one state. ``note``: what that means for all of them."""

    state: str
    word: str
    number: int
    note: str
    rows: tuple[ImageRow, ...]


class Choice(Struct, frozen=True):
    """A state as a counter, and as a choice of the filter."""

    state: str
    word: str
    number: int
    address: str
    chosen: bool


class Bar(Struct, frozen=True):
    """A part of the chart, in units of its picture."""

    state: str
    x: str
    y: str
    width: str
    height: str


class Chart(Struct, frozen=True):
    """Images that are not fresh, over time. ``rows``: day, stale, unknown, never built, at their worst."""

    bars: tuple[Bar, ...]
    grid: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, str], ...]
    summary: str
    days: int
    rows: tuple[tuple[str, int, int, int], ...]


class Pager(Struct, frozen=True):
    """``before``, ``after``: addresses, empty at the ends."""

    page: int
    pages: int
    before: str
    after: str


class Overview(Struct, frozen=True):
    """``shown`` of ``total`` images match."""

    title: str
    heading: str
    lead: str
    choices: tuple[Choice, ...]
    chart: Chart | None
    needs_you: tuple[CauseRow, ...]
    under_way: tuple[CauseRow, ...]
    causes_left: int
    groups: tuple[Group, ...]
    query: str
    state: str
    security: bool
    shown: int
    total: int
    pager: Pager


class Square(Struct, frozen=True):
    """An instruction of a build. ``kind``: ``ran``, ``cached``, ``failed``, ``none``. ``text``: in words."""

    kind: str
    x: str
    middle: str
    text: str


class BuildRow(Struct, frozen=True):
    """A build. ``label``: the squares in words. ``took_width``, ``saved_width``: of bars, in percent."""

    at: When
    whys: tuple[WhyRow, ...]
    text: str
    squares: tuple[Square, ...]
    width: int
    label: str
    ran: int
    cached: int
    took: str
    saved: str
    took_width: str
    saved_width: str
    state: str
    word: str


class Missed(Struct, frozen=True):
    """Something that is not watched."""

    line: int
    text: str
    why: str
    code: str
    hint: str


class ImagePage(Struct, frozen=True):
    """The page of an image. ``headline``: its state in a sentence; ``lead``: what follows from it.

    ``since_reads``: input → since when it is another one; ``since_lines``: the same of packages, by line.
    """

    title: str
    name: str
    place: str
    state: str
    word: str
    since: When | None
    whys: tuple[WhyRow, ...]
    more: int
    headline: str
    lead: str
    track: tuple[Step, ...]
    needs_you: bool
    todo: str
    command: str
    facts: tuple[Fact, ...]
    bands: tuple[Band, ...]
    lines_left: int
    builds: tuple[BuildRow, ...]
    missed: tuple[Missed, ...]
    badge: str
    address: str
    since_reads: Mapping[str, When]
    since_lines: Mapping[int, When]


class InputRow(Struct, frozen=True):
    """An input of the list. ``users``: how many images read it."""

    state: str
    word: str
    reference: Link
    kind: str
    identity: str
    why: str
    code: str
    users: int


class InputList(Struct, frozen=True):
    """``rows`` of a page, of ``shown`` that match."""

    query: str
    rows: tuple[InputRow, ...]
    shown: int
    total: int
    unknown: int
    pager: Pager


class Event(Struct, frozen=True):
    """Something that happened to an input: an identity, or a build that took one up."""

    at: When
    kind: str
    title: str
    change: tuple[str, str]
    note: Link
    evidence: tuple[EvidenceRow, ...]


class User(Struct, frozen=True):
    """An image that reads an input. ``built_with``: an identity; empty where no build is recorded."""

    image: Link
    state: str
    word: str
    lines: tuple[Link, ...]
    built_with: str
    track: tuple[Step, ...]
    cost: str


class ProbeBar(Struct, frozen=True):
    """A probe, in units of its picture. ``kind``: ``answered``, ``unknown``."""

    kind: str
    x: str
    y: int
    height: int
    middle: str
    changed: bool


class ProbeChart(Struct, frozen=True):
    """The last probes of an input. ``label``: the same in words."""

    bars: tuple[ProbeBar, ...]
    first: When
    first_x: str
    label: str


class InputPage(Struct, frozen=True):
    """``events``: newest first. ``evidence``: of the last answer. ``built_on``: images that are built on it.

    ``users``: the other images that read it. ``readers``: how many images there are; ``stale``: how many of
    them it makes stale. ``changed``: its last change, where an image is not built with it. ``command``: a
    probe by hand; empty where it can't be typed.
    """

    title: str
    state: str
    word: str
    kind: str
    identity: str
    why: str
    code: str
    events: tuple[Event, ...]
    evidence: tuple[EvidenceRow, ...]
    built_on: tuple[User, ...]
    users: tuple[User, ...]
    users_left: int
    readers: int
    stale: int
    changed: Event | None
    command: str
    probes: ProbeChart | None
    facts: tuple[Fact, ...]


class Version(Struct, frozen=True):
    """A version of a package, and the images that would have it."""

    version: str
    security: bool
    images: tuple[Link, ...]
    more: int


class Move(Struct, frozen=True):
    """A change of a package. ``old``, ``new``: empty where it is not installed. ``number``: of images."""

    old: str
    new: str
    security: bool
    wanted_by: str
    number: int


class PackageUser(Struct, frozen=True):
    """An image with a package. ``now``: what a build would install; empty where that is nothing."""

    image: Link
    state: str
    word: str
    built_with: str
    now: str
    security: bool
    track: tuple[Step, ...]
    cost: str


class PackagePage(Struct, frozen=True):
    """All packages of a name. ``number``: of the images that have it; ``stale``: of those stale by it."""

    name: str
    managers: str
    moves: tuple[Move, ...]
    users: tuple[PackageUser, ...]
    users_left: int
    number: int
    stale: int


class PackageRow(Struct, frozen=True):
    """A package with its versions."""

    manager: str
    name: Link
    versions: tuple[Version, ...]


class PackageList(Struct, frozen=True):
    """``rows`` of a page, of ``shown`` that match."""

    query: str
    rows: tuple[PackageRow, ...]
    shown: int
    total: int
    pager: Pager
