"""``--locked``: what an ``ADD`` fetches is pinned by checksum or commit, where the builder checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from freshlayer.builders.added_checksums import GIT
from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.syntax import syntax_image
from freshlayer.model.report import Report
from freshlayer.probe.http.routes import is_of_body
from freshlayer.reference import Reference
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

if TYPE_CHECKING:
    from freshlayer.model.lock import LockedInput

_VIA = "ADD"
Kinds = Callable[[str], frozenset[str]]
"""The image of ``# syntax=`` → the kinds of references of which the builder checks the bytes."""


def checksums_of(target: Target, report: Report, session: Session, kinds: Kinds) -> dict[int, str]:
    """Line → what is behind ``--checksum=``; nothing without ``--locked``."""
    if not session.must_match:
        return {}
    wanted = {line: known for line, known in _added(target, report) if known is not None}
    if not wanted:
        return {}
    checked = kinds(syntax_image(target.source.text))
    found = {
        line: _checksum(reference, session.locked.get(reference.text, ()))
        for line, reference in wanted.items()
        if reference.kind in checked
    }
    return {line: checksum for line, checksum in found.items() if checksum}


def by_target(
    targets: Mapping[str, Target], reports: Mapping[str, Report], session: Session, kinds: Kinds
) -> dict[str, dict[int, str]]:
    """Target → its checksums."""
    return {name: checksums_of(it, reports[name], session, kinds) for name, it in targets.items()}


def _added(target: Target, report: Report) -> Iterator[tuple[int, Reference | None]]:
    """Each ADD of one source, with the reference that it fetches; None where platforms differ in it."""
    fetched: dict[int, set[Reference]] = {}
    for item in report.inputs:
        for place in item.places:
            if place.via == _VIA and place.script is None:
                fetched.setdefault(place.line, set()).add(item.reference)
    for stage in target.analysis.dockerfile.stages:
        for it in stage.instructions:
            if it.line in fetched and _takes_checksum(it):
                yield it.line, next(iter(fetched[it.line])) if len(fetched[it.line]) == 1 else None


def _takes_checksum(instruction: Instruction) -> bool:
    one = len(instruction.words) == 2 and not instruction.heredocs
    return one and not instruction.flag("checksum") and not instruction.flag("from")


def _checksum(reference: Reference, entries: tuple[LockedInput, ...]) -> str:
    """Of a URL the digest of its body, of a repository the commit; empty where none is locked."""
    if len(entries) != 1:
        return ""
    from freshlayer.lock.descriptors import digest_of  # noqa: PLC0415 - where there is a lock file

    (item,) = entries
    if reference.kind == GIT:
        return digest_of(item).get("gitCommit", "")
    # The identity of a URL may be about something else: an archive of a branch has that of its commit.
    digest = digest_of(item).get("sha256", "") if is_of_body(reference) else item.sha256
    return f"sha256:{digest}" if digest else ""
