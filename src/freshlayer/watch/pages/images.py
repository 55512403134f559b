"""What is known of each image → its state, why, and since when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from posixpath import commonpath
from urllib.parse import quote, urlencode

from msgspec import Struct

from freshlayer.model.reasons import familiar
from freshlayer.model.watched import Cause, CauseKind, Recovery, Standing
from freshlayer.report.page.view import ImageView
from freshlayer.watch.pages.known import Known, short_identity

STALE, UNKNOWN, NEVER, UNWATCHED, FRESH = "stale", "unknown", "never", "unwatched", "fresh"
STATES = (STALE, UNKNOWN, NEVER, UNWATCHED, FRESH)
"""In the order in which they are shown."""

WORDS = {
    STALE: "Stale",
    UNKNOWN: "Unknown",
    NEVER: "Never built",
    UNWATCHED: "Not watched",
    FRESH: "Fresh",
}
_MOST_CAUSES = 200
_FILE = "Dockerfile"


class Why(Struct, frozen=True):
    """Why an image is stale or unknown: one input or package.

    ``reference``: as in the state, empty where it is no single input. ``old``, ``new``: identities or
    versions, empty where they are not known. ``note``: what wants a package. ``action``: what to do; empty
    where a build is all. ``line``: 0 where there is none. ``package``: the name of a package, else empty.
    """

    state: str
    reference: str
    subject: str
    old: str
    new: str
    note: str
    code: str
    security: bool
    base: bool
    action: str
    line: int
    package: str = ""


class Image(Struct, frozen=True):
    """``name``: of the Dockerfile; ``title``: a short one. ``address``: of its page, behind ``/image/``.

    ``overdue``: when the last trigger fired whose build never came back; 0 where there is none.
    ``undelivered``: whether a message of a trigger is not delivered. ``stuck``: why it can't be, a clause.
    ``unknown_since``: when the first origin stopped to give an answer; 0 where that is not known.
    """

    name: str
    title: str
    address: str
    state: str
    whys: tuple[Why, ...]
    standing: Standing
    known: Known
    overdue: int = 0
    undelivered: bool = False
    stuck: str = ""
    unknown_since: int = 0

    @property
    def turn(self) -> Recovery | None:
        """How it last became fresh."""
        return self.standing.turn

    @property
    def is_security(self) -> bool:
        """Whether a security update is among its causes."""
        return any(why.security for why in self.whys)

    @property
    def is_under_way(self) -> bool:
        """Whether a trigger acts, or waits to."""
        standing = self.standing
        if self.stuck:
            return False
        return bool(standing.waiting) or (
            not self.overdue and any(it.pairs for it in standing.fired.values())
        )

    @property
    def missing(self) -> str:
        """What did not happen after a trigger fired, a clause; empty where there is still time."""
        if not self.overdue:
            return ""
        return "its message is not delivered" if self.undelivered else "no build came back"

    @property
    def triggered(self) -> int:
        """When the last trigger fired for what is stale now; 0 if none did."""
        fired = [it.at for it in self.standing.fired.values() if it.at >= self.standing.stale_since]
        return max(fired, default=0) if self.standing.causes else 0

    @property
    def needs_you(self) -> bool:
        """Whether nothing happens without a person."""
        if self.state == STALE:
            return not self.is_under_way
        return self.state == UNKNOWN and any(why.action for why in self.whys)

    def view(self) -> ImageView:
        """Its Dockerfile, as the last report has it."""
        return self.known.image_view()


def image_of(name: str, title: str, standing: Standing, known: Known) -> Image:
    """The state of an image by its standing and its last report."""
    whys = tuple(_whys(standing, known))[:_MOST_CAUSES]
    return Image(name, title, address_of(name), _state(standing, known), whys, standing, known)


def _state(standing: Standing, known: Known) -> str:
    if standing.causes:
        return STALE
    if known.unknown:
        return UNKNOWN
    if not known.watched:
        return UNWATCHED
    return FRESH if known.built or standing.fired else NEVER


def _whys(standing: Standing, known: Known) -> Iterator[Why]:
    accepted = {text: old for pairs in standing.baseline.values() for text, old in pairs}
    found = [_why(cause, known, accepted) for cause in standing.causes]
    yield from sorted(found, key=lambda it: (not it.security, not it.base))
    references = {use.shown: use.reference for use in known.uses}
    for cause in known.unknown:
        line = cause.places[0][2] if cause.places else 0
        action = "" if cause.action == "nothing" else cause.action
        reference = references.get(cause.subject, "")
        yield Why(
            *(UNKNOWN, reference, cause.subject, "", "", cause.why, cause.code, False, False, action, line)
        )


def _why(cause: Cause, known: Known, accepted: Mapping[str, str]) -> Why:
    security, base = cause.kind is CauseKind.SECURITY, cause.kind is CauseKind.BASE
    change = known.changes.get(cause.reference)
    if change is not None:
        words = ", ".join(change.wanted_by)
        note = f"wanted by {words}" if words not in {"", change.name} else ""
        old, new = change.before or "not installed", change.now or "no longer installed"
        return Why(
            *(STALE, cause.reference, change.name, old, new, note),
            *("packages-changed", security or change.security, False, "", cause.line, change.name),
        )
    old = short_identity(known.before.get(cause.reference) or accepted.get(cause.reference, "unseen"))
    new = short_identity(cause.identity) if cause.identity else "no longer read"
    note = "base image" if base else ""
    code = "input-changed" if cause.identity else "input-removed"
    code = "packages-changed" if cause.kind in {CauseKind.PACKAGE, CauseKind.SECURITY} else code
    subject = shown_reference(cause.reference)
    return Why(STALE, cause.reference, subject, old, new, note, code, security, base, "", cause.line)


def shown_reference(reference: str) -> str:
    """A reference as users type it; of a package its name."""
    if not reference.startswith("pkg:"):
        return familiar(reference)
    kind, _, rest = reference.removeprefix("pkg:").partition("/")
    return f"{kind}: {rest.partition('?')[0].rpartition('/')[2]}"


def brief(reference: str) -> str:
    """The same, of a package its name alone."""
    shown = shown_reference(reference)
    return shown.rpartition(": ")[2] if reference.startswith("pkg:") else shown


def titles(names: Sequence[str]) -> dict[str, str]:
    """A short name for each Dockerfile: its path below what all have in common, or that in its repository."""
    directories = [name.rpartition("/")[0] or "/" for name in names if name.startswith("/")]
    above = commonpath(directories) if directories else ""
    found = {name: _title(name, above) for name in names}
    seen = Counter(found.values())
    return {name: title if seen[title] == 1 else name for name, title in found.items()}


def _title(name: str, above: str) -> str:
    if "://" in name:
        within = name.partition("://")[2].partition("/")[2].replace(".git@", "@", 1)
        return within.removesuffix(_FILE).rstrip("/:") or name
    below = name.removeprefix(above).removeprefix("/") if above else name
    title = below.removesuffix(_FILE).rstrip("/")
    return title or above.rpartition("/")[2] or name


def address_of(name: str) -> str:
    """Behind ``/image/`` and ``/badge/``."""
    return quote(name.lstrip("/"), safe="/", errors="surrogateescape")


def package_address(name: str) -> str:
    """Of all packages of a name."""
    return f"/package/{_digest(name)}"


def search_address(name: str) -> str:
    """Of the packages whose name has this part."""
    return f"/packages?{urlencode({'q': name}, errors='surrogateescape')}"


def input_address(reference: str) -> str:
    """Of an input: a reference holds characters that no path keeps."""
    return f"/input/{_digest(reference)}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]
