"""The causes of a page: one row for one input that changed, with the places that it makes stale. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from freshlayer.model.build import InstructionVerdict
from freshlayer.model.observation import Verdict
from freshlayer.model.packages import PackageChange
from freshlayer.model.reasons import Reason, familiar, hint_of
from freshlayer.model.report import Report
from freshlayer.report.packages import unknown_reason
from freshlayer.report.page.bands import built_with, contrasted, is_own_stale
from freshlayer.report.page.view import Cause

_MOST_PLACES = 50
_MOST_PACKAGES = 20
"""Of one instruction; its band has the others."""
STALE, UNKNOWN = "stale", "unknown"


def causes(report: Report, title: str, anchor: str) -> tuple[Cause, ...]:
    """Those of one image: security updates first, then other changes, then what could not be probed."""
    return merged([*_stale(report, title, anchor), *_unknown(report, title, anchor)])


def merged(found: Iterable[Cause]) -> tuple[Cause, ...]:
    """Each cause once, with all of its places, the gravest first."""
    together: dict[Cause, list[tuple[str, str, int]]] = {}
    for cause in found:
        together.setdefault(replace(cause, places=()), []).extend(cause.places)
    rows = [replace(cause, places=tuple(dict.fromkeys(places))) for cause, places in together.items()]
    return tuple(sorted(rows, key=_gravity))


def _gravity(cause: Cause) -> tuple[bool, bool, bool]:
    return cause.state != STALE, not cause.security, not cause.new


def _stale(report: Report, title: str, anchor: str) -> Iterator[Cause]:
    for item in report.instructions:
        if not is_own_stale(item):
            continue
        place = ((title, anchor, item.line),)
        found = [*_of_inputs(report, item), *_of_packages(item)]
        for cause in found or [_of_reason(item.reason)]:
            yield replace(cause, places=place)


def _of_inputs(report: Report, item: InstructionVerdict) -> Iterator[Cause]:
    before = built_with(report, item)
    by_text = {reference.text: verdict for reference, verdict in report.verdicts.items()}
    for text, _ in item.pairs:
        verdict = by_text.get(text)
        if verdict is None:
            continue
        old, new = contrasted(before.get(text, ""), verdict.identity)
        if old and verdict.is_observed:
            yield _of_change(verdict, old, new)


def _of_change(verdict: Verdict, old: str, new: str) -> Cause:
    why = f"{verdict.certainty}, by {verdict.identity.scheme}" if verdict.identity else str(verdict.certainty)
    return Cause(STALE, familiar(str(verdict.reference)), old, new, why, verdict.reason.code, False, "", ())


def _of_packages(item: InstructionVerdict) -> Iterator[Cause]:
    for verdict in item.packages:
        listed = sorted(verdict.changes, key=lambda change: not change.security)
        for change in listed[:_MOST_PACKAGES]:
            yield _of_package(verdict.manager, change)
        if others := len(listed[_MOST_PACKAGES:]):
            why = f"{others} more packages changed"
            yield Cause(STALE, verdict.manager, "", "", why, "packages-changed", False, "", ())


def _of_package(manager: str, change: PackageChange) -> Cause:
    words = ", ".join(change.wanted_by)
    why = f"wanted by {words}" if words and words != change.name else ""
    old, new = change.before or "not installed", change.now or "no longer installed"
    return Cause(
        STALE, f"{manager}: {change.name}", old, new, why, "packages-changed", change.security, "", ()
    )


def _of_reason(reason: Reason) -> Cause:
    hint = reason.hint or hint_of(reason.code)
    action = "" if hint == "nothing" else hint
    return Cause(STALE, familiar(reason.subject), "", "", reason.what, reason.code, False, action, ())


def _unknown(report: Report, title: str, anchor: str) -> Iterator[Cause]:
    lines = {item.reference: [place.line for place in item.places] for item in report.inputs}
    for verdict in report.unobserved:
        places = tuple((title, anchor, line) for line in lines.get(verdict.reference, ()))
        cause = _of_reason(verdict.explanation)
        yield replace(cause, state=UNKNOWN, places=places[:_MOST_PLACES])
    for item, packages in report.unreachable_apart:
        cause = _of_reason(unknown_reason(packages))
        yield replace(cause, state=UNKNOWN, places=((title, anchor, item.line),))
