"""``--fail-on``: which findings of ``check`` end it with exit code 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshlayer.cli.declared import option

if TYPE_CHECKING:
    from freshlayer.model.report import Report

_OTHERS = ("unknown", "absent", "not-watched")
_WORDS = ("stale", *_OTHERS)


def _read(value: str) -> frozenset[str]:
    """Raises ValueError."""
    words = [word.strip() for word in value.split(",") if word.strip()]
    for word in words:
        if word not in _WORDS:
            raise ValueError(f"{word!r} is not one of {', '.join(_WORDS)}")
    return frozenset(words)


def _completed(_context: object, _parameter: object, incomplete: str) -> list[str]:
    """The words that may follow those before the last comma."""
    given = incomplete.split(",")[:-1]
    words = [word for word in _WORDS if word not in given]
    return [found for word in words if (found := ",".join([*given, word])).startswith(incomplete)]


fail_on = option(
    "--fail-on",
    "failing",
    metavar="LIST",
    default="stale",
    show_default=True,
    read=_read,
    shell_complete=_completed,
    help="exit with 1 for any of stale, unknown, absent, not-watched; several with commas",
)


def fails(report: Report, failing: frozenset[str]) -> bool:
    """Whether a report holds any of the findings."""
    if "stale" in failing and any(item.state == "stale" for item in report.instructions):
        return True
    if failing.isdisjoint(_OTHERS):
        return False
    found = {str(verdict.change) for verdict in report.unobserved}
    if report.unreachable:
        found.add("unknown")
    if any(not (item.accepted or item.warns) for item in report.not_watched):
        found.add("not-watched")
    return not found.isdisjoint(failing)
