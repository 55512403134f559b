"""Lock, update and verify: Dockerfiles as they are now against what the lock file has of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.decisions.lock_changes import changes, only_of
from freshlayer.decisions.locked_packages import commands_of, packed, pairs_in
from freshlayer.decisions.locking import merged, numbered, recorded_in
from freshlayer.errors import UnknownInputError
from freshlayer.evidence.images import platform_list
from freshlayer.lock.lock_file import is_gone
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput, LockedPackages
from freshlayer.model.lock_report import LockChange, LockChangeKind
from freshlayer.model.observation import Change
from freshlayer.model.report import Report
from freshlayer.reference import Reference
from freshlayer.workflows.judge import Judgement
from freshlayer.workflows.lock_parts import part_of
from freshlayer.workflows.lock_targets import LockTarget
from freshlayer.workflows.observe import Due
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_ALWAYS = 1 << 40
"""Seconds for which what is locked is not probed again."""


class Observed(Struct, frozen=True):
    """What a Dockerfile reads now. ``places``, ``hashed``: of this run, as in ``Judgement``."""

    described: LockedDockerfile
    target: Target
    report: Report
    places: Mapping[Reference, str] = {}
    hashed: Collection[Reference] = ()


def observe(
    targets: Sequence[LockTarget], session: Session, probed: Callable[[LockedInput], bool] | None = None
) -> Iterator[Observed]:
    """Each with its report. ``probed``: which locked inputs are observed again; None: all.

    What the lock file has takes the place of what this machine recorded. Raises UnknownInputError.
    """
    session = session.one_run()
    due = Due.of(it.target for it in targets)
    kept = [it for it in due.ttls if _is_kept(it, session, probed)]
    judgement = Judgement(
        replace(due, ttls={**due.ttls, **dict.fromkeys(kept, _ALWAYS)}), session, builds=False
    )
    for reference in kept:
        known = recorded_in(session.locked[reference.text], due.platforms)
        if known is not None:
            judgement.recorded[reference] = replace(known, probed_at=session.now)
    described = iter(targets)
    for target, report in judgement.reports(it.target for it in targets):
        if isinstance(report, UnknownInputError):
            raise report
        yield Observed(next(described).described, target, report, judgement.places, judgement.hashed)


def _is_kept(reference: Reference, session: Session, probed: Callable[[LockedInput], bool] | None) -> bool:
    entries = session.locked.get(reference.text, ())
    known = [it for it in entries if it.identity is not None]
    return probed is not None and bool(known) and not any(probed(it) for it in entries)


def parts_of(observed: Iterable[Observed], session: Session) -> list[Lock]:
    """The part of a lock file for each."""
    return [
        _with_places(part_of(it.described, it.target, it.report, session.policy.packages), it)
        for it in observed
    ]


def _with_places(part: Lock, observed: Observed) -> Lock:
    known = {reference.text: place for reference, place in observed.places.items()}
    inputs = tuple(replace(it, served_by=known.get(it.reference, "")) for it in part.inputs)
    return replace(part, inputs=inputs)


def as_now(before: Lock, parts: Sequence[Lock], path: Path, *, keep: bool) -> Lock:
    """The next lock file. ``keep``: as in ``merged``."""
    return merged(before, parts, partial(is_gone, path), keep=keep)


def for_platforms(lock: Lock, platforms: Sequence[str]) -> Lock:
    """With the packages of a build for several platforms: those that it installs on any of them."""
    if len(platforms) < 2:
        return lock
    whole = platform_list(platforms)
    found: dict[object, LockedPackages] = {}
    for (_, place), block in numbered(lock.packages).items():
        if block.platform not in whole.split(","):
            continue
        name = (block.used_by, block.manager, block.commands, place)
        found[name] = _together(found[name], block) if name in found else replace(block, platform=whole)
    return replace(lock, packages=tuple(found.values()))


def _together(one: LockedPackages, other: LockedPackages) -> LockedPackages:
    source, packages = packed(pairs_in([one, other]))
    return replace(one, source=source, packages=packages, reason=one.reason or other.reason)


def differences(
    lock: Lock, observed: Sequence[Observed], session: Session, *, excess: bool = True
) -> list[LockChange]:
    """The lock file against the world. ``excess``: whether what only the lock file has counts."""
    names = {it.described.path for it in observed}
    now = merged(Lock(), parts_of(observed, session))
    before = only_of(lock, names)
    found = list(changes(_of_users(before, names), now, excess=excess))
    return [*found, *_unsolved(before, now, observed), *_unanswered(before, observed)]


def _unsolved(before: Lock, now: Lock, observed: Iterable[Observed]) -> Iterator[LockChange]:
    """Packages that were locked, and that no repository has as the command needs them now."""
    problems = {place: why for it in observed for place, why in _problems(it)}
    known = numbered(before.packages) if problems else {}
    for name, block in numbered(now.packages).items() if problems else ():
        place = block.used_by.dockerfile, block.used_by.stage, block.manager, block.commands
        if place in problems and name in known and known[name].packages:
            users, commands = (str(block.used_by),), "; ".join(block.commands)
            yield LockChange(LockChangeKind.ABSENT, commands, users, block.platform, detail=problems[place])


def _problems(observed: Observed) -> Iterator[tuple[tuple[str, str, str, tuple[str, ...]], str]]:
    """Dockerfile, stage, manager, commands → why they can't be installed. Not what gave no answer."""
    report = observed.report
    runs = {run.line: run for chain in report.package_chains for run in chain.runs}
    for instruction in report.instructions:
        for packages in instruction.packages:
            if packages.problem is not None and not packages.unreachable and instruction.line in runs:
                commands = commands_of(runs[instruction.line], packages.manager)
                place = observed.described.path, instruction.stage, packages.manager, commands
                yield place, str(packages.problem)


def _of_users(lock: Lock, names: set[str]) -> Lock:
    """An input that other Dockerfiles read as well is compared for these."""
    inputs = tuple(
        replace(
            item,
            used_by=tuple(it for it in item.used_by if it.dockerfile in names),
            learned_by=tuple(it for it in item.learned_by if it.dockerfile in names),
        )
        for item in lock.inputs
    )
    return replace(lock, inputs=inputs)


def _unanswered(lock: Lock, observed: Iterable[Observed]) -> Iterator[LockChange]:
    """What is locked and could not be observed now: nothing can be claimed of it."""
    locked = {item.reference for item in lock.inputs if item.identity is not None}
    seen: set[str] = set()
    for it in observed:
        for reference, verdict in it.report.verdicts.items():
            if verdict.is_observed or reference.text not in locked or reference.text in seen:
                continue
            seen.add(reference.text)
            absent = verdict.change is Change.ABSENT
            kind = LockChangeKind.ABSENT if absent else LockChangeKind.UNKNOWN
            yield LockChange(kind, reference.text, detail=verdict.reason.what)
        for instruction, packages in it.report.unreachable:
            why = packages.problem.what if packages.problem else ""
            place = f"{it.described.path} {instruction.stage} RUN"
            yield LockChange(LockChangeKind.UNKNOWN, packages.manager, (place,), detail=why)
