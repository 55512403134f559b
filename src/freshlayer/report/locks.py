"""Reports of the commands of the lock file: as text, as JSON, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict

from freshlayer.model.lock_report import LockChange, LockChangeKind, LockCounts, LockReport
from freshlayer.reference import shown
from freshlayer.report.formats.markdown import code
from freshlayer.report.text import Line

VERSION = 1
_LONGEST = 200
_STYLES = {LockChangeKind.UNKNOWN: "yellow", LockChangeKind.FROZEN: "yellow", LockChangeKind.ADDED: "green"}


def lines(report: LockReport) -> Iterator[Line]:
    """Each change, then what the entries promise."""
    for change in report.changes:
        where = f" [{change.platform}]" if change.platform else ""
        yield (
            _STYLES.get(change.kind, "red"),
            f"{change.kind}: {_text(change.subject)}{where}{_moved(change)}",
        )
        if change.detail:
            yield "", f"  {_text(change.detail)}"
        if change.used_by:
            more = f" and {len(change.used_by) - 3} more" if len(change.used_by) > 3 else ""
            yield "dim", f"  used by {', '.join(map(_text, change.used_by[:3]))}{more}"
    yield "", f"{_text(report.path)}: {counted(report.counts)}{_hashed(report)}"


def counted(counts: LockCounts) -> str:
    """``41 inputs: 30 by content, 8 by strong tag, 2 weak, 1 not covered; 98 packages by hash``."""
    parts = [
        f"{counts.content} by content" if counts.content else "",
        f"{counts.strong} by strong tag" if counts.strong else "",
        f"{counts.weak} weak" if counts.weak else "",
        f"{counts.not_covered} not covered" if counts.not_covered else "",
    ]
    listed = ", ".join(filter(None, parts))
    text = f"{_number(counts.inputs, 'input')}{': ' if listed else ''}{listed}"
    if counts.packages:
        text += f"; {_number(counts.packages, 'package')} by hash"
    if counts.packages_not_covered:
        commands = "command" if counts.packages_not_covered == 1 else "commands"
        text += f"; the packages of {counts.packages_not_covered} {commands} not covered"
    if counts.unwatched:
        text += f"; {counts.unwatched} not watched"
    return text


def _hashed(report: LockReport) -> str:
    return f"; {_number(report.hashed, 'body')} downloaded and compared" if report.hashed else ""


def _number(count: int, noun: str) -> str:
    plural = "bodies" if noun == "body" else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def _moved(change: LockChange) -> str:
    if change.before and change.after:
        return f": {_text(change.before)} → {_text(change.after)}"
    value = change.after or change.before
    return f": {_text(value)}" if value else ""


def _text(text: str) -> str:
    return shown(text, _LONGEST)


def document(report: LockReport) -> dict[str, Any]:
    """As ``docs/schema/lock-report.json`` describes it."""
    return {
        "version": VERSION,
        "lock": report.path,
        "counts": asdict(report.counts),
        "hashed": report.hashed,
        "changes": [{**asdict(change), "used_by": list(change.used_by)} for change in report.changes],
    }


def markdown(report: LockReport, title: str) -> str:
    """For the text of a pull request: a table of what changed."""
    found = [f"## {title}", ""]
    if report.changes:
        found += ["| Input | Before | After | |", "|---|---|---|---|"]
        found += [_row(change) for change in report.changes]
    else:
        found += ["Nothing changed."]
    return "\n".join([*found, "", f"{counted(report.counts)}{_hashed(report)}", ""])


def _row(change: LockChange) -> str:
    link = change.detail.startswith("https://") and change.kind is LockChangeKind.CHANGED
    detail = f"[compare]({change.detail})" if link else code(_text(change.detail)) if change.detail else ""
    kind = "" if change.kind is LockChangeKind.CHANGED else str(change.kind)
    where = f" {code(change.platform)}" if change.platform else ""
    cells = (
        f"{code(_text(change.subject))}{where}",
        code(_text(change.before)) if change.before else "",
        code(_text(change.after)) if change.after else "",
        " ".join(filter(None, (kind, detail))),
    )
    return f"| {' | '.join(cells)} |"
