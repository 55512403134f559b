"""Inputs: the list of all, and the page of one with its history and who reads it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from msgspec import Struct, field

from freshlayer.model.history import BuildEvent, History, ObservationEvent
from freshlayer.model.observation import Change
from freshlayer.report.page.bands import evidence_rows
from freshlayer.report.page.view import EvidenceRow, Fact
from freshlayer.report.text import roughly
from freshlayer.watch.pages.images import STALE, WORDS, Image, address_of, input_address
from freshlayer.watch.pages.known import Use, short_identity
from freshlayer.watch.pages.paging import paged
from freshlayer.watch.pages.probes import FAILED, Probe, probe_chart
from freshlayer.watch.pages.times import age, when
from freshlayer.watch.pages.tracks import track
from freshlayer.watch.pages.values import Event, InputList, InputPage, InputRow, Link, User

PER_PAGE = 250
MOST_EVENTS = 60
_MOST_USERS = 200
_WORDS = {"stale": "Changed", "unknown": "Unknown", "fresh": "As built", "unwatched": "Not probed"}
_ORDER = tuple(_WORDS)
_STATES = tuple(WORDS)


class Input(Struct):
    """An input and the images that read it."""

    use: Use
    users: list[tuple[Image, Use]] = field(default_factory=list)
    changed: int = 0

    @property
    def state(self) -> str:
        if not self.use.code:
            return "unwatched"
        if not self.use.is_observed:
            return "unknown"
        return "stale" if self.changed else "fresh"

    @property
    def word(self) -> str:
        """Of its state. "As built" needs a recorded build."""
        is_built = self.state != "fresh" or any(image.known.built for image, _ in self.users)
        return _WORDS[self.state] if is_built else "Observed"

    @property
    def why(self) -> tuple[str, str]:
        """What is known of it, and its code. Once recorded, a change is no news of its origin any more."""
        if self.state != "stale":
            return self.use.why, self.use.code
        verb = "image was" if self.changed == 1 else "images were"
        return f"{self.changed} {verb} built with another identity", "input-changed"


def inputs_of(images: Iterable[Image]) -> dict[str, Input]:
    """By reference."""
    found: dict[str, Input] = {}
    for image in images:
        changed = {why.reference for why in image.whys if why.state == STALE}
        for use in image.known.uses:
            item = found.setdefault(use.reference, Input(use))
            item.users.append((image, use))
            if use.reference in changed:
                item.use = item.use if item.changed else use
                item.changed += 1
    return found


def input_list(images: Iterable[Image], query: str, page: int) -> InputList:
    """Those of which something is to be seen first, then by how many images read them."""
    known = inputs_of(images)
    words = query.lower().split()
    found = [it for it in known.values() if _matches(it, words)]
    found.sort(key=lambda it: (_ORDER.index(it.state), -len(it.users), it.use.shown))
    listed, pager = paged(found, page, PER_PAGE, "/inputs", {"q": query} if query else {})
    return InputList(
        query=query,
        rows=tuple(_row(it) for it in listed),
        shown=len(found),
        total=len(known),
        unknown=sum(it.state == "unknown" for it in known.values()),
        pager=pager,
    )


def _matches(item: Input, words: Iterable[str]) -> bool:
    text = f"{item.use.shown}\n{item.use.kind}\n{item.use.code}\n{item.word}".lower()
    return all(word in text for word in words)


def _row(item: Input) -> InputRow:
    use = item.use
    return InputRow(
        state=item.state,
        word=item.word,
        reference=Link(use.shown, input_address(use.reference)),
        kind=use.kind,
        identity=use.identity,
        why="" if item.state == "fresh" else item.why[0],
        code=item.why[1],
        users=len(item.users),
    )


def input_page(
    item: Input, history: History, now: int, probes: Sequence[Probe] = (), wait: float | None = None
) -> InputPage:
    """``history``: newest first. ``probes``: oldest first. ``wait``: seconds until the next one."""
    use = item.use
    listed = sorted(item.users, key=_order)[:_MOST_USERS]
    events = tuple(_events(history, now))[:MOST_EVENTS]
    return InputPage(
        title=use.shown,
        state=item.state,
        word=item.word,
        kind=use.kind,
        identity=use.identity,
        why=item.why[0],
        code=item.why[1],
        events=events,
        evidence=_evidence(item),
        built_on=tuple(_user(image, it, now) for image, it in listed if it.base),
        users=tuple(_user(image, it, now) for image, it in listed if not it.base),
        users_left=len(item.users) - len(listed),
        readers=len(item.users),
        stale=item.changed,
        changed=next((it for it in events if it.kind == "now"), None) if item.changed else None,
        command=f"freshlayer probe {shlex.quote(use.shown)}" if use.shown.isprintable() else "",
        probes=probe_chart(probes, now),
        facts=tuple(_facts(item, history, probes, wait, now)),
    )


def _order(user: tuple[Image, Use]) -> tuple[bool, int]:
    """Images that it makes stale come first."""
    image, use = user
    return not _is_changed_for(image, use.reference), _STATES.index(image.state)


def _is_changed_for(image: Image, reference: str) -> bool:
    return any(why.reference == reference for why in image.whys if why.state == STALE)


def _facts(
    item: Input, history: History, probes: Sequence[Probe], wait: float | None, now: int
) -> Iterator[Fact]:
    if wait is not None:
        due = now + ceil(wait)
        yield Fact("Next probe", when(due, now).text, f"in {age(due - now)}" if wait > 0 else "due")
    if probes:
        last = when(probes[-1].at, now)
        word = "no usable answer" if probes[-1].outcome == FAILED else "answered"
        yield Fact("Last probe", last.text, f"{word}, {last.age} ago")
        answered = sum(it.outcome != FAILED for it in probes)
        yield Fact("Answered", f"{answered} of {len(probes)}", "the last probes of this process")
    changes = sum(it.verdict is not Change.FIRST_SEEN for it in history.changes)
    if history.changes:
        oldest = when(history.changes[-1].at, now)
        more = f"since {oldest.text}" if len(history.changes) < MOST_EVENTS else "the last that are recorded"
        yield Fact("Changes", str(changes), more)
    built = sum(use.base for _, use in item.users)
    if built:
        yield Fact("Built on it", "1 image" if built == 1 else f"{built} images", "a stage starts from it")


def _evidence(item: Input) -> tuple[EvidenceRow, ...]:
    """Of the last answer, by the page of the first image that has it."""
    for image, use in (it for it in item.users if it[1] is item.use):
        for band in image.view().bands:
            for read in band.reads:
                if read.reference == use.shown:
                    return read.evidence
    return ()


def _user(image: Image, use: Use, now: int) -> User:
    lines = tuple(Link(f"line {line}", f"/image/{image.address}#i-l{line}") for line in use.lines)
    title = Link(image.title, f"/image/{image.address}")
    cost = f"about {roughly(image.known.cost)}" if image.known.cost and image.state == STALE else ""
    return User(
        title, image.state, WORDS[image.state], lines, _built_with(image, use), track(image, now), cost
    )


def _built_with(image: Image, use: Use) -> str:
    if not image.known.built:
        return ""
    before = image.known.before.get(use.reference)
    return short_identity(before) if before else use.identity


def _events(history: History, now: int) -> Iterator[Event]:
    changes = list(history.changes)
    older = [*changes[1:], None][: len(changes)]
    made = [
        *((it.at, 1, _change(it, before, now)) for it, before in zip(changes, older, strict=True)),
        *((it.at, 0, _build(it, now)) for it in history.builds),
    ]
    yield from (event for _, _, event in sorted(made, key=lambda it: (-it[0], it[1])))


def _change(event: ObservationEvent, before: ObservationEvent | None, now: int) -> Event:
    first = before is None or event.verdict is Change.FIRST_SEEN
    old = "" if before is None else before.identity.short
    evidence = evidence_rows(event.evidence, before.evidence if before else ())
    title = "First seen" if first else "Changed"
    change = (old, event.identity.short)
    return Event(when(event.at, now), "then" if first else "now", title, change, Link(""), evidence)


def _build(event: BuildEvent, now: int) -> Event:
    name, _, target = event.dockerfile.partition("#")
    text = f"{name}, {target}" if target else name
    title = "Taken up by a build" if event.result == "built" else "A build read it, and did not end well"
    return Event(
        when(event.at, now),
        "build",
        title,
        ("", ""),
        Link(text, f"/image/{address_of(event.dockerfile)}"),
        (),
    )


def shown_events(events: Sequence[Event], known: frozenset[str]) -> tuple[Event, ...]:
    """Those of images that are not watched have no link."""
    return tuple(
        _without_link(it) if it.note.address and it.note.address not in known else it for it in events
    )


def _without_link(event: Event) -> Event:
    return Event(event.at, event.kind, event.title, event.change, Link(event.note.text), event.evidence)
