"""The lock file of a run: what it knows of a Dockerfile, and what a build or a render writes to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.decisions.locked_packages import commands_of, managers_of, pairs_in
from freshlayer.decisions.locking import merged, recorded_in
from freshlayer.decisions.marks import Mark
from freshlayer.decisions.plan import Expected
from freshlayer.decisions.verdict import relative_to
from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.errors import StateError
from freshlayer.evidence.images import platform_list
from freshlayer.model.build import Pairs
from freshlayer.model.lock import LockedDockerfile, LockedPackages
from freshlayer.model.observation import Recorded, Verdict
from freshlayer.model.packages import PackageRun
from freshlayer.model.reasons import Reason
from freshlayer.model.report import Report
from freshlayer.reference import Reference, shown
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target


def expected(
    target: Target,
    verdicts: Mapping[Reference, Verdict],
    recorded: Mapping[Reference, Recorded],
    session: Session,
) -> Expected | None:
    """The verdicts relative to the file; None without a file, or with an empty one.

    An entry counts for the Dockerfiles that it names: a new one that reads the same URL was never built.
    """
    if session.lock_path is None or not (session.locked or session.locked_packages):
        return None
    from freshlayer.workflows.lock_parts import name_of  # noqa: PLC0415 - where there is a lock file

    name = name_of(session.lock_path, target.source)
    found: dict[Reference, Verdict] = {}
    missing: dict[Reference, Reason] = {}
    for reference, verdict in verdicts.items():
        entries = session.locked.get(reference.text, ())
        users = {user.dockerfile for entry in entries for user in entry.used_by}
        known = recorded_in(entries, target.request.platforms)
        if known is None:
            detail = "it is not in the lock file"
            missing[reference] = Reason("identities-lack-it", str(reference), detail)
        elif users and name not in users:
            others = ", ".join(sorted(users))
            detail = f"the lock file has it for {shown(others, 80)} only"
            missing[reference] = Reason("identities-of-others", str(reference), detail)
        else:
            found[reference] = relative_to(known.identity, verdict, recorded.get(reference))
    return Expected(found, missing)


def keep_identities(built: Sequence[tuple[Target, Report]], session: Session) -> None:
    """Several targets may share a Dockerfile, which then uses what any of them reads."""
    path = session.lock_path
    if path is None or session.must_match:
        return
    from freshlayer.lock.lock_file import change_lock, is_gone  # noqa: PLC0415 - where there is a lock file
    from freshlayer.workflows.lock_parts import part_of  # noqa: PLC0415 - the same

    parts = [
        part_of(_as_before(path, target, session), target, report, session.policy.packages)
        for target, report in built
    ]
    try:
        change_lock(path, lambda before: merged(before, parts, partial(is_gone, path)))
    except OSError as error:
        session.warn(f"{path}: the identities were not written: {error.strerror} (name another file)")
    except StateError as error:
        session.warn(f"{error}; the identities were not written")


def _as_before(path: Path, target: Target, session: Session) -> LockedDockerfile:
    found = described(path, target.source, target.request)
    before = session.lock.dockerfiles if session.lock else ()
    pins = any(it.pin_packages for it in before if it.path == found.path)
    return replace(found, pin_packages=pins)


def described(path: Path, source: Source, request: BuildRequest) -> LockedDockerfile:
    """A Dockerfile, with the options of its build as far as every machine has them."""
    from freshlayer.lock.lock_file import root_of  # noqa: PLC0415 - where there is a lock file
    from freshlayer.workflows.lock_parts import name_of  # noqa: PLC0415 - the same

    name = name_of(path, source)
    home = path.resolve().parent
    root, where = root_of(home), source.context.resolve()
    inside = source.path is not None and source.path.resolve().is_relative_to(root)
    known = inside and where.is_relative_to(root)
    return LockedDockerfile(
        path=name,
        context=Path(os.path.relpath(where, home)).as_posix() if known else "",
        platforms=tuple(platform_list(request.platforms).split(",")),
        target=request.target,
        network=request.network or "",
    )


def locked_name(target: Target, session: Session) -> str:
    """The name of a Dockerfile in the lock file of the session; empty without one."""
    from freshlayer.workflows.lock_parts import name_of  # noqa: PLC0415 - where there is a lock file

    return name_of(session.lock_path, target.source) if session.lock_path else ""


def installed(
    target: Target, analysis: Analysis, marks: Mapping[int, Mark], session: Session
) -> dict[str, Pairs]:
    """Digest of an instruction → the packages that the file has for it."""
    if session.lock_path is None:
        return {}
    name = locked_name(target, session)
    stages = {it.number: stage.label for stage in analysis.stages for it in stage.instructions}
    runs = {run.number: run for chain in analysis.package_chains for run in chain.runs}
    found: dict[str, Pairs] = {}
    for number, run in runs.items():
        if number in marks and number in stages:
            place = (name, stages[number])
            pairs = [pair for pairs in _of_run(place, run, target, session) for pair in pairs]
            found |= {marks[number].digest: tuple(sorted(pairs))} if pairs else {}
    return found


def _of_run(place: tuple[str, str], run: PackageRun, target: Target, session: Session) -> Iterator[Pairs]:
    """The pairs of each manager: of the block for all platforms of the build, else of each of them."""
    for manager in managers_of(run):
        yield pairs_in(blocks_of(place, run, manager, target, session))


def blocks_of(
    place: tuple[str, str], run: PackageRun, manager: str, target: Target, session: Session
) -> list[LockedPackages]:
    """What the file has of one manager in an instruction. ``place``: Dockerfile and stage."""
    platforms = platform_list(target.request.platforms)
    commands = commands_of(run, manager)
    named = [
        it
        for it in session.locked_packages.get(place, ())
        if it.manager == manager and it.commands == commands
    ]
    whole = [it for it in named if it.platform == platforms]
    return whole[:1] or _of_each(named, platforms)


def _of_each(blocks: Sequence[LockedPackages], platforms: str) -> list[LockedPackages]:
    return [it for it in blocks if it.platform in platforms.split(",")]
