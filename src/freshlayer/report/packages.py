"""The packages of instructions: as lines, as a part of a JSON document, as rows of a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from freshlayer.decisions.packages import changes_text, held_text, name_of
from freshlayer.model.build import InstructionVerdict
from freshlayer.model.packages import ChosenPackage, PackageChange, PackageVerdict
from freshlayer.model.reasons import Reason, about, with_hint
from freshlayer.model.report import Report
from freshlayer.reference import shown

_LONGEST = 80
HEADS = ("Line", "Package", "Built with", "Now", "Update", "Wanted by")


def unknown_reason(verdict: PackageVerdict) -> Reason:
    """Why the packages of a manager are not known."""
    return about(verdict.manager, verdict.problem or Reason("index-unreadable"))


def unknown_lines(report: Report) -> Iterator[tuple[str, str]]:
    """Instructions whose packages can't be found out now."""
    for item, verdict in report.unreachable_apart:
        why = with_hint(unknown_reason(verdict))
        yield "magenta", f"  unknown: {report.dockerfile}:{item.line}: {why}"


def story_lines(item: InstructionVerdict) -> Iterator[tuple[str, str]]:
    """All packages, and why each is there."""
    for verdict in item.packages:
        if verdict.problem:
            kept = f"; the {_count(verdict)} of the last build count" if verdict.kept else ""
            yield "bold", f"  installs packages ({verdict.manager}): {verdict.problem}{kept}"
        else:
            yield "bold", f"  installs {_count(verdict)} ({verdict.manager})"
            yield from _listed(verdict)


def _listed(verdict: PackageVerdict) -> Iterator[tuple[str, str]]:
    if verdict.changes:
        yield "", f"    {changes_text(verdict)}"
    if verdict.held:
        yield "", f"    {held_text(verdict)} (policy: security)"
    changed = {change.purl: change for change in (*verdict.changes, *verdict.held)}
    yield from (("dim", f"    {_package(it, changed.get(it.purl))}") for it in verdict.packages)


def _count(verdict: PackageVerdict) -> str:
    return f"{verdict.total} {'package' if verdict.total == 1 else 'packages'}"


def _package(item: ChosenPackage, change: PackageChange | None) -> str:
    name, version = shown(item.name, _LONGEST), shown(item.version, _LONGEST)
    why = "named by the command" if item.named else f"required by {shown(item.wanted_by, _LONGEST)}"
    was = f", built with {shown(change.before, _LONGEST)}" if change and change.before else ""
    replaces = f", replaces {shown(item.before, _LONGEST)} of the base" if item.before else ""
    security = ", security" if item.security else ""
    return f"{name} {version}: {why}{replaces}{was}{security}"


def document(verdict: PackageVerdict) -> dict[str, Any]:
    """``packages`` of an instruction, as docs/schema/check.json describes it."""
    return {
        "manager": verdict.manager,
        "total": verdict.total,
        "changed": [_change(change) for change in verdict.changes],
        "held": [_change(change) for change in verdict.held],
        "versions": None if verdict.problem else {it.purl: it.version for it in verdict.packages},
        "kept": verdict.kept,
        "problem": verdict.problem.document if verdict.problem else None,
    }


def _change(change: PackageChange) -> dict[str, Any]:
    return {
        "purl": change.purl,
        "from": change.before or None,
        "to": change.now or None,
        "security": change.security,
        "wanted_by": list(change.wanted_by),
    }


def rows(report: Report) -> Iterator[tuple[str, ...]]:
    """A row of a table for each package that changed, under ``HEADS``."""
    for item in report.instructions:
        for change in (change for verdict in item.packages for change in verdict.changes):
            words = ", ".join(change.wanted_by)
            security = "security" if change.security else ""
            yield str(item.line), change.name, change.before, change.now, security, words


def names_of(item: InstructionVerdict) -> Iterator[str]:
    """The packages of an instruction that changed."""
    yield from (change.name for verdict in item.packages for change in verdict.changes)


def grouped(pairs: Sequence[tuple[str, str]]) -> str:
    """``98 packages: curl, libc6, libssl3 and 95 more``; empty where no pair is a package."""
    names = [shown(name_of(purl), _LONGEST) for purl, _ in pairs if purl.startswith("pkg:")]
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{len(names)} {'package' if len(names) == 1 else 'packages'}: {', '.join(names[:3])}{more}"
