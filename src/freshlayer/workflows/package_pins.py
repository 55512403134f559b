"""``lock --pin-packages``: what a locked build gives a package manager to install what is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

from freshlayer.decisions.locked_packages import commands_of
from freshlayer.decisions.package_pins import (
    APT,
    PIN_FILES,
    PinFile,
    changes_place,
    chooses,
    is_hidden_by,
    pinned_in,
    with_pins,
)
from freshlayer.discover.analysis import Analysis
from freshlayer.dockerfile.inject import PINS_ID, FileMount
from freshlayer.dockerfile.syntax import syntax_image
from freshlayer.model.base_image import BaseContents
from freshlayer.model.lock import Lock, LockedPackages
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageChain, PackagePins, PackageRun, PackagesWanted
from freshlayer.model.reasons import Reason, hint_of
from freshlayer.model.report import Report
from freshlayer.workflows.identities import blocks_of, locked_name
from freshlayer.workflows.session import Session
from freshlayer.workflows.target import Target

_DIGITS = 16
_Locked = Callable[[PackageRun, str], Sequence[LockedPackages]]
"""What the lock file has of a manager in one instruction."""


def pinned(wanted: PackagesWanted, target: Target, analysis: Analysis, session: Session) -> PackagesWanted:
    """The packages that are wanted, as their managers see them with the files that a locked build gives."""
    return with_pins(wanted, pins_of(wanted, target, analysis, session))


def pins_of(
    wanted: PackagesWanted, target: Target, analysis: Analysis, session: Session
) -> dict[int, tuple[PackagePins, ...]]:
    """Number of an instruction → the pins there; nothing where the builder brings no file."""
    supplies = session.supplies_secrets
    if supplies is None or not _is_wanted(target, session):
        return {}
    if not supplies(syntax_image(target.source.text)):
        return {}
    every = [(it, stage) for stage in analysis.stages for it in stage.instructions]
    places = {it.number: (locked_name(target, session), stage.label) for it, stage in every}

    def locked(run: PackageRun, manager: str) -> list[LockedPackages]:
        if run.number not in places or not commands_of(run, manager):
            return []
        return [it for it in blocks_of(places[run.number], run, manager, target, session) if it.packages]

    found: dict[int, tuple[PackagePins, ...]] = {}
    for manager in PIN_FILES:
        for number, pins in _of_manager(manager, wanted, locked).items():
            found.setdefault(number, (pins,))
    if session.lock and any(it.at for it in session.lock.packages):
        from freshlayer.workflows.package_archives import archives_of  # noqa: PLC0415 - few locks have one

        for number, pins in archives_of(wanted, session.policy.snapshots, locked).items():
            found[number] = (*found.get(number, ()), pins)
    flags = {it.number: it.flags for it, _ in every}
    return {number: pins for number, pins in found.items() if not _is_hidden(flags[number], pins)}


def _is_hidden(flags: Iterable[str], pins: Iterable[PackagePins]) -> bool:
    return any(is_hidden_by(flag, it.place) for flag in flags for it in pins)


def _is_wanted(target: Target, session: Session) -> bool:
    if session.lock_path is None or session.lock is None:
        return False
    name = locked_name(target, session)
    return any(it.pin_packages for it in session.lock.dockerfiles if it.path == name)


def _of_manager(manager: str, wanted: PackagesWanted, locked: _Locked) -> dict[int, PackagePins]:
    """Of each instruction that installs: what it has locked, or the one that reads the lists for it."""
    file = PIN_FILES[manager]
    found: dict[int, list[LockedPackages]] = {}
    before: dict[int, str] = {}
    for chain in wanted.chains:
        contents = _contents(wanted, chain)
        if file.extends and changes_place(chain, manager, contents.files.get(file.place, "")):
            continue
        takes = not file.plugin or _has(contents, file.plugin)
        current: Sequence[LockedPackages] = ()
        for run in chain.runs:
            own = locked(run, manager)
            current = own or current
            if current and takes and chooses(run, manager):
                found.setdefault(run.number, []).extend(current)
                before[run.number] = _text_before(contents, file)
            takes = takes or _brings(own, file.plugin)
    texts = {number: file.text(blocks) for number, blocks in found.items()}
    return {
        number: PackagePins(manager, file.place, before[number] + text)
        for number, text in texts.items()
        if text
    }


def _contents(wanted: PackagesWanted, chain: PackageChain) -> BaseContents:
    base = wanted.bases.get(chain.base)
    return (base.contents if base else None) or BaseContents()


def _has(contents: BaseContents, package: str) -> bool:
    return f'"{package}"' in contents.installed.get("rpm", "")


def _brings(blocks: Sequence[LockedPackages], package: str) -> bool:
    """Whether an instruction installs it, for those after it."""
    return any(it.name == package for block in blocks for it in block.packages)


def _text_before(contents: BaseContents, file: PinFile) -> str:
    text = contents.files.get(file.place, "") if file.extends else ""
    return text if not text or text.endswith("\n") else f"{text}\n"


def file_mounts(report: Report) -> tuple[dict[int, list[FileMount]], dict[str, bytes]]:
    """Line → the mounts of its pins; and their contents by the identifiers of the secrets."""
    mounts: dict[int, list[FileMount]] = {}
    contents: dict[str, bytes] = {}
    for line, pins in pinned_in(report.packages_wanted) if report.packages_wanted else ():
        content = pins.text.encode("utf-8", "surrogateescape")
        identifier = f"{PINS_ID}{sha256(content).hexdigest()[:_DIGITS]}"
        contents[identifier] = content
        mounts.setdefault(line, []).append(FileMount(identifier, pins.place))
    return mounts, contents


def warn_of_unpinned(target: Target, report: Report, session: Session) -> None:
    """Before the builder's own output: which packages are compared, and no more."""
    wanted = report.packages_wanted
    if wanted is None or not session.must_match or not _is_wanted(target, session):
        return
    mounted = {line for line, pins in pinned_in(wanted) if not pins.of_lists}
    supplies = session.supplies_secrets
    able = supplies is not None and supplies(syntax_image(target.source.text))
    for manager, file in PIN_FILES.items():
        lines = {line for chain in wanted.chains for line in _installing(chain, manager)}
        for line in sorted(lines - mounted):
            code = _why_not(wanted, file) if able else "pins-by-builder"
            reason = Reason(code, manager, hint=hint_of(code))
            session.warn(f"{report.dockerfile}:{line}: {reason}")


def _why_not(wanted: PackagesWanted, file: PinFile) -> str:
    known = not file.plugin or any(_has(_contents(wanted, it), file.plugin) for it in wanted.chains)
    return "pins-not-unique" if known else "pins-need-plugin"


def _installing(chain: PackageChain, manager: str = APT) -> Iterator[int]:
    """The lines where a manager installs what is an input: from lists that an instruction reads."""
    has_lists = False
    for run in chain.runs:
        commands = [it for it in run.commands if it.manager == manager]
        has_lists |= any(it.action is PackageAction.UPDATE or it.updates for it in commands)
        if has_lists and chooses(run, manager) and run.policy is not PackagePolicy.OFF:
            yield run.line


def unpinnable(lock: Lock) -> Iterator[str]:
    """Of each block that a locked build can only compare: its place and why."""
    wanted = {it.path for it in lock.dockerfiles if it.pin_packages}
    for block in lock.packages:
        if block.used_by.dockerfile in wanted and block.packages and not _may_be_pinned(block):
            reason = Reason("pins-by-manager", block.manager, hint=hint_of("pins-by-manager"))
            yield f"{block.used_by}: {reason}"


def _may_be_pinned(block: LockedPackages) -> bool:
    file = PIN_FILES.get(block.manager)
    programs = {it.partition(" ")[0] for it in block.commands}
    return file is not None and (not file.programs or not file.programs.isdisjoint(programs))
