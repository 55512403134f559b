"""What a page shows, as values that a template reads. Texts are plain: the templates escape them. Pure."""

from __future__ import annotations

from msgspec import Struct

from freshlayer.model.str_enum import StrEnum


class BandKind(StrEnum):
    """How the band beside an instruction is drawn.

    ``OWN``: its own inputs changed. ``FOLLOWS``: an instruction before it is stale. ``UNKNOWN``: an input
    can't be probed. ``UNWATCHED``: it reads something that is not watched. ``WATCHED``: nothing was probed.
    """

    OWN = "own"
    FOLLOWS = "follows"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"
    FRESH = "fresh"
    WATCHED = "watched"
    PLAIN = "plain"


class EvidenceRow(Struct, frozen=True):
    """A statement of an origin. ``before``: at the last observation. ``ignored``: why it does not count."""

    hop: int
    scheme: str
    before: str
    now: str
    strength: str
    ignored: str = ""


class Read(Struct, frozen=True):
    """An input of an instruction. ``old`` and ``new``: identities, empty where they are not known or equal.

    ``identity``: the one that counts, where there is no ``new``; short, empty where it is not known.
    ``certainty`` is empty where nothing was probed. ``via``: what names it.
    """

    reference: str
    via: str
    moved: bool
    old: str = ""
    new: str = ""
    why: str = ""
    code: str = ""
    certainty: str = ""
    evidence: tuple[EvidenceRow, ...] = ()
    identity: str = ""


class Note(Struct, frozen=True):
    """Something else about an instruction. ``title``: what it is, such as ``Not watched`` or ``Advice``."""

    title: str
    subject: str
    why: str
    code: str = ""
    hint: str = ""


class PackageRow(Struct, frozen=True):
    """A package that changed; ``old`` or ``new`` is empty where it is not installed."""

    name: str
    old: str
    new: str
    security: bool
    wanted_by: str


class Band(Struct, frozen=True):
    """An instruction, or lines between instructions. ``line``: its first one; ``lines``: number and text.

    ``word``: the state. ``cost``: how long it last took. ``left``: how many of ``reads``, ``notes`` and
    ``packages`` are left out.
    """

    kind: BandKind
    line: int
    lines: tuple[tuple[int, str], ...]
    word: str = ""
    why: str = ""
    code: str = ""
    cost: str = ""
    reads: tuple[Read, ...] = ()
    notes: tuple[Note, ...] = ()
    packages: tuple[PackageRow, ...] = ()
    left: int = 0


class Cause(Struct, frozen=True):
    """Why instructions are stale or unknown: one input that changed, or one reason.

    ``subject``: the input; empty where ``why`` is all. ``places``: title of the image, its anchor, line.
    ``action``: what to do; empty where a new build is all.
    """

    state: str
    subject: str
    old: str
    new: str
    why: str
    code: str
    security: bool
    action: str
    places: tuple[tuple[str, str, int], ...]


class Counter(Struct, frozen=True):
    """A number with its state and its word; ``anchor``: where the first of them is."""

    state: str
    number: int
    word: str
    anchor: str = ""


class Fact(Struct, frozen=True):
    """A term and its value."""

    term: str
    value: str
    more: str = ""


class ImageView(Struct, frozen=True):
    """One image. ``anchor``: unique on the page. ``state``: ``stale``, ``fresh``, ``unknown``, ``unwatched``.

    ``answer``: the state in words, ``lead``: what follows. ``alarms``: what went wrong with a build.
    ``lines_left``: lines of the Dockerfile that are not shown.
    """

    anchor: str
    title: str
    place: str
    state: str
    answer: str
    lead: str
    alarms: tuple[str, ...]
    counters: tuple[Counter, ...]
    facts: tuple[Fact, ...]
    causes: tuple[Cause, ...]
    bands: tuple[Band, ...]
    lines_left: int = 0


class ImageRow(Struct, frozen=True):
    """A row of the overview. ``shown``: whether the page has the image itself."""

    anchor: str
    title: str
    state: str
    why: str
    covered: str
    shown: bool


class Explained(Struct, frozen=True):
    """A reason code of the page: what it means and what to do."""

    code: str
    meaning: str
    action: str
