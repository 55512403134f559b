"""``lock --pin-packages``: what a locked build gives a package manager to install what is locked."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from freshlayer.decisions.locked_packages import commands_of
from freshlayer.decisions.package_pins import (
    APT,
    PLACE,
    chooses,
    is_hidden_by,
    pinned_in,
    preferences,
    with_pins,
)
from freshlayer.discover.analysis import Analysis
from freshlayer.dockerfile.inject import PINS_ID, FileMount
from freshlayer.dockerfile.syntax import syntax_image
from freshlayer.model.lock import Lock, LockedPackages
from freshlayer.model.packages import (
    PackageAction,
    PackageChain,
    PackagePolicy,
    PackageRun,
    PackagesWanted,
)
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.model.report import Report
from freshlayer.workflows.identities import blocks_of, locked_name
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_DIGITS = 16


def pinned(wanted: PackagesWanted, target: Target, analysis: Analysis, session: Session) -> PackagesWanted:
    """The packages that are wanted, as their managers see them with the files that a locked build gives."""
    return with_pins(wanted, pins_of(target, analysis, session))


def pins_of(target: Target, analysis: Analysis, session: Session) -> dict[int, str]:
    """Number of an instruction → apt's preferences there; nothing where the builder brings no file."""
    supplies = session.supplies_secrets
    if supplies is None or not _is_wanted(target, session):
        return {}
    if not supplies(syntax_image(target.source.text)):
        return {}
    texts = {number: preferences(blocks) for number, blocks in _locked(target, analysis, session).items()}
    return {number: text for number, text in texts.items() if text}


def _is_wanted(target: Target, session: Session) -> bool:
    if session.lock_path is None:
        return False
    name = locked_name(target, session)
    return any(it.pin_packages for it in session.lock.dockerfiles if it.path == name)


def _locked(target: Target, analysis: Analysis, session: Session) -> dict[int, list[LockedPackages]]:
    """What each instruction that installs has locked, or the one that reads the lists for it."""
    every = [(it, stage) for stage in analysis.stages for it in stage.instructions]
    places = {it.number: (locked_name(target, session), stage.label) for it, stage in every}
    taken = {it.number for it, _ in every if any(map(is_hidden_by, it.flags))}
    found: dict[int, list[LockedPackages]] = {}
    for chain in analysis.package_chains:
        current: list[LockedPackages] = []
        for run in chain.runs:
            own = _known(places[run.number], run, target, session) if run.number in places else []
            current = own or current
            if current and chooses(run) and run.number in places and run.number not in taken:
                found.setdefault(run.number, []).extend(current)
    return found


def _known(place: tuple[str, str], run: PackageRun, target: Target, session: Session) -> list[LockedPackages]:
    if run.number < 0 or not commands_of(run, APT):
        return []
    return [it for it in blocks_of(place, run, APT, target, session) if it.packages]


def file_mounts(report: Report) -> tuple[dict[int, FileMount], dict[str, bytes]]:
    """Line → the mount of its preferences; and their contents by the identifiers of the secrets."""
    mounts: dict[int, FileMount] = {}
    contents: dict[str, bytes] = {}
    for line, text in pinned_in(report.packages_wanted):
        content = text.encode()
        identifier = f"{PINS_ID}{sha256(content).hexdigest()[:_DIGITS]}"
        contents[identifier] = content
        mounts[line] = FileMount(identifier, PLACE)
    return mounts, contents


def warn_of_unpinned(target: Target, report: Report, session: Session) -> None:
    """Before the builder's own output: which packages are compared, and no more."""
    if not session.must_match or not _is_wanted(target, session):
        return
    mounted = {line for line, _ in pinned_in(report.packages_wanted)}
    supplies = session.supplies_secrets
    able = supplies is not None and supplies(syntax_image(target.source.text))
    code = "pins-not-unique" if able else "pins-by-builder"
    lines = {line for chain in report.packages_wanted.chains for line in _installing(chain)}
    for line in sorted(lines - mounted):
        reason = Reason(code, APT, hint=hint_of(code))
        session.warn(f"{report.dockerfile}:{line}: {reason}")


def _installing(chain: PackageChain) -> Iterator[int]:
    """The lines where apt installs what is an input: from lists that an instruction reads."""
    has_lists = False
    for run in chain.runs:
        has_lists |= any(it.action is PackageAction.UPDATE and it.manager == APT for it in run.commands)
        if has_lists and chooses(run) and run.policy is not PackagePolicy.OFF:
            yield run.line


def unpinnable(lock: Lock) -> Iterator[str]:
    """Of each block that a locked build can only compare: its place and why."""
    wanted = {it.path for it in lock.dockerfiles if it.pin_packages}
    for block in lock.packages:
        if block.used_by.dockerfile in wanted and block.packages and block.manager != APT:
            reason = Reason("pins-by-manager", block.manager, hint=hint_of("pins-by-manager"))
            yield f"{block.used_by}: {reason}"
