"""``--locked``: nothing is built that is not as in the lock file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from freshlayer.decisions.lock_changes import only_of
from freshlayer.errors import NotAsLockedError
from freshlayer.model.lock import Lock
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.report import Report
from freshlayer.reference import shown
from freshlayer.workflows.identities import described
from freshlayer.workflows.lock import Observed, differences, for_platforms
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_MOST = 5
_LONGEST = 200
_ELSEWHERE = "package-index"
_WHAT = {
    LockChangeKind.ADDED: "is not in the lock file (run freshlayer lock)",
    LockChangeKind.ABSENT: "is gone",
    LockChangeKind.UNKNOWN: "can't be compared",
    LockChangeKind.REMOVED: "is no longer installed",
}


def check_as_locked(targets: Mapping[str, Target], reports: Mapping[str, Report], session: Session) -> None:
    """Raises NotAsLockedError with what differs, before anything is built."""
    if not session.must_match or session.lock_path is None:
        return
    found: dict[str, None] = {}
    for name, target in targets.items():
        found |= dict.fromkeys(_faults(session.lock_path, target, reports[name], session))
    if found:
        listed = list(found)
        more = [f"and {len(listed) - _MOST} more"] if len(listed) > _MOST else []
        lines = "\n  ".join([*listed[:_MOST], *more])
        raise NotAsLockedError(
            f"{session.lock_path}: not as locked, so nothing is built"
            f" (freshlayer verify lists all, freshlayer update moves the lock file):\n  {lines}"
        )


def _faults(path: Path, target: Target, report: Report, session: Session) -> Iterator[str]:
    it = Observed(described(path, target.source, target.request), target, report)
    lock = for_platforms(session.lock or Lock(), target.request.platforms)
    for change in differences(lock, [it], session, excess=False):
        yield _sentence(change)
    yield from _uncovered(only_of(lock, {it.described.path}), it)


def _sentence(change: LockChange) -> str:
    where = f" [{change.platform}]" if change.platform else ""
    subject = f"{shown(change.subject, _LONGEST)}{where}"
    if change.before and change.after:
        return f"{subject}: {shown(change.before, _LONGEST)} → {shown(change.after, _LONGEST)}"
    detail = f": {shown(change.detail, _LONGEST)}" if change.detail else ""
    return f"{subject} {_WHAT.get(change.kind, 'is another one')}{detail}"


def _uncovered(lock: Lock, it: Observed) -> Iterator[str]:
    """What the build reads, and the lock file has without an identity."""
    read = {reference.text for reference in it.report.verdicts}
    for item in lock.inputs:
        if item.identity is None and item.reference in read:
            yield f"{shown(item.reference, _LONGEST)} is not covered: {item.reason} (freshlayer explain)"
    yield from _of_packages(lock, {item.stage for item in it.report.instructions})


def _of_packages(lock: Lock, stages: Iterable[str]) -> Iterator[str]:
    known = set(stages)
    for block in lock.packages:
        if block.reason and block.reason != _ELSEWHERE and block.used_by.stage in known:
            commands = shown("; ".join(block.commands), _LONGEST)
            yield f"{commands}: its packages are not covered: {block.reason} (freshlayer explain)"
