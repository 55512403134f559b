"""How an image is watched: since when its inputs are other ones, its probes and its triggers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from freshlayer.report.page.view import Fact
from freshlayer.watch.firing import On, Rule
from freshlayer.watch.pages.images import STALE, Image
from freshlayer.watch.pages.times import When, age, when

_ON = {On.ANY: "any change", On.SECURITY: "security updates", On.BASE: "base images"}
_LISTED = 3


class Watching(Struct, frozen=True):
    """``changed``: reference → when it got its identity, or stopped to give an answer.

    ``rules``: of the triggers. ``probed``: when an input was probed last, 0 where that is not known.
    ``due``: seconds until the next probe of one, None where that is not known.
    """

    changed: Mapping[str, int] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    probed: int = 0
    due: float | None = None


def doubtful(image: Image) -> tuple[str, ...]:
    """The references of which a page states since when: they are another one, or give no answer."""
    changed = (why.reference for why in image.whys if why.state == STALE and why.reference)
    unknown = (use.reference for use in image.known.uses if not use.is_observed and use.code)
    return tuple(dict.fromkeys([*changed, *unknown]))


def since_reads(image: Image, watching: Watching, now: int) -> dict[str, When]:
    """By the input as users type it."""
    changed = {cause.reference for cause in image.standing.causes}
    found: dict[str, When] = {}
    for use in image.known.uses:
        at = watching.changed.get(use.reference, 0)
        if not at and use.reference in changed:
            at = _at_once(image)
        if at and (use.reference in changed or not use.is_observed):
            found[use.shown] = when(at, now)
    return found


def since_lines(image: Image, watching: Watching, now: int) -> dict[int, When]:
    """By the line of an instruction that installs packages which are other ones."""
    found: dict[int, int] = {}
    for cause in image.standing.causes:
        at = watching.changed.get(cause.reference, 0) or _at_once(image)
        if at and cause.line in image.known.installs:
            found[cause.line] = min(found.get(cause.line, at), at)
    return {line: when(at, now) for line, at in found.items()}


def _at_once(image: Image) -> int:
    """When all causes came; 0 where they did not come together."""
    standing = image.standing
    return standing.stale_since if standing.changed_at == standing.stale_since else 0


def watching_facts(watching: Watching, now: int) -> Iterator[Fact]:
    """When its inputs were probed, and which triggers there are."""
    if watching.probed:
        due = watching.due
        again = "" if due is None else "again now" if due <= 0 else f"again in {age(round(due))}"
        yield Fact("Inputs probed", when(watching.probed, now).text, again)
    yield _trigger(watching.rules)


def _trigger(rules: Sequence[Rule]) -> Fact:
    if not rules:
        return Fact("Trigger", "none", "nothing is started when it becomes stale")
    names = ", ".join(rule.name for rule in rules[:_LISTED])
    left = len(rules) - _LISTED
    whens = "; ".join(dict.fromkeys(_when(rule) for rule in rules[:_LISTED]))
    return Fact("Trigger", f"{names} and {left} more" if left > 0 else names, whens)


def _when(rule: Rule) -> str:
    often = f", at most every {age(rule.min_interval)}" if rule.min_interval else ""
    return f"for {_ON[rule.on]}{often}"
