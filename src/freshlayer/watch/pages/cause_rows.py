"""What changed: one row for one cause, however many images it concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from freshlayer.watch.pages.images import (
    FRESH,
    STALE,
    UNKNOWN,
    Image,
    Why,
    brief,
    input_address,
    package_address,
    search_address,
)
from freshlayer.watch.pages.times import age, when
from freshlayer.watch.pages.values import CauseRow, Link, WhyRow

_LISTED = 6
_PACKAGES = "packages:"


class _Cause(Struct):
    why: Why
    images: list[Image] = field(default_factory=list)

    @property
    def since(self) -> int:
        """When the first of its images became stale, or its origin unknown; 0 where that is not known."""
        stale = self.why.state == STALE
        times = (it.standing.stale_since if stale else it.unknown_since for it in self.images)
        return min((it for it in times if it), default=0)

    @property
    def needs_you(self) -> bool:
        if self.why.state == UNKNOWN:
            return bool(self.why.action)
        return any(not image.is_under_way for image in self.images)


def cause_rows(
    images: Sequence[Image], now: int, most: int
) -> tuple[tuple[CauseRow, ...], tuple[CauseRow, ...], int]:
    """Those that need a person, those that are under way, and how many are left out."""
    found: dict[tuple[str, ...], _Cause] = {}
    for image in images:
        for why in image.whys:
            key = (why.state, why.reference, why.subject, why.old, why.new, why.code)
            found.setdefault(key, _Cause(why)).images.append(image)
    ordered = sorted(found.values(), key=_order)
    recovered = _recovered(images)
    rows = [_row(cause, recovered.get(cause.why.reference, ()), now) for cause in ordered[:most]]
    needs = tuple(row for row in rows if row.needs_you)
    return needs, tuple(row for row in rows if not row.needs_you), max(0, len(ordered) - most)


def _recovered(images: Iterable[Image]) -> dict[str, list[int]]:
    """Reference → when the images that were stale by it became fresh."""
    found: dict[str, list[int]] = {}
    for image in images:
        if image.turn is not None and image.state == FRESH:
            for reference in image.turn.references:
                found.setdefault(reference, []).append(image.turn.fresh)
    return found


def _order(cause: _Cause) -> tuple[bool, bool, bool, int]:
    return (
        not cause.needs_you,
        not cause.why.security,
        cause.why.state != STALE,
        cause.since,
    )


def _row(cause: _Cause, recovered: Iterable[int], now: int) -> CauseRow:
    listed = tuple(dict.fromkeys(Link(it.title, _at(it, cause.why.line)) for it in cause.images))
    action, after = _action(cause, now)
    return CauseRow(
        state=cause.why.state,
        why=why_row(cause.why),
        at=when(cause.since, now) if cause.since else None,
        images=listed[:_LISTED],
        more=max(0, len(listed) - _LISTED),
        number=len(listed),
        fresh=sum(at >= cause.since for at in recovered) if cause.since else 0,
        needs_you=cause.needs_you,
        action=action,
        after=after,
    )


def _at(image: Image, line: int) -> str:
    return f"/image/{image.address}#i-l{line}" if line else f"/image/{image.address}"


def _action(cause: _Cause, now: int) -> tuple[Link, str]:
    if cause.why.state == UNKNOWN:
        action = cause.why.action or "Nothing to do"
        return Link(action[:1].upper() + action[1:]), "what is recorded counts meanwhile; probed again soon"
    left = [image for image in cause.images if not image.is_under_way]
    if not left:
        fired = max((image.triggered for image in cause.images), default=0)
        text = f"Triggered {when(fired, now).text}" if fired else "A trigger waits to settle"
        return Link(text), f"{age(now - fired)} ago" if fired else "so that several changes make one build"
    what = f"Build {left[0].title} again" if len(left) == 1 else f"Build {len(left)} images again"
    return Link(what, f"/image/{left[0].address}#todo"), _happened(left, now)


def _happened(left: Sequence[Image], now: int) -> str:
    """Why these need a person: the latest trigger whose build never came back, if there is one."""
    why = next((it.stuck for it in left if it.stuck), "")
    if why:
        return why
    last = max(left, key=lambda it: it.overdue)
    if not last.overdue:
        return "no trigger fires for it"
    return f"triggered {when(last.overdue, now).text}, {age(now - last.overdue)} ago: {last.missing}"


def why_row(why: Why) -> WhyRow:
    """The same for a template."""
    address = package_address(why.package) if why.package else subject_address(why.reference)
    subject = Link(why.subject, address)
    return WhyRow(subject, why.old, why.new, why.note, why.code, why.security, why.line)


def subject_address(reference: str) -> str:
    """The page of an input; empty where there is none."""
    if reference.startswith("pkg:"):
        return search_address(brief(reference))
    return "" if not reference or reference.startswith(_PACKAGES) else input_address(reference)


def recovered_rows(references: Iterable[str]) -> tuple[WhyRow, ...]:
    """What an image that is fresh again was stale by."""
    return tuple(
        WhyRow(Link(brief(it), subject_address(it)), "", "", "", "", security=False) for it in references
    )


def rows(whys: Sequence[Why]) -> tuple[WhyRow, ...]:
    """Several."""
    return tuple(why_row(why) for why in whys)
