"""Locked packages of a day: the archives that a locked build gives apt beside the sources of the image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from freshlayer.decisions.package_pins import APT, SOURCES, chooses
from freshlayer.model.lock import LockedPackages
from freshlayer.model.packages import PackageAction, PackageCommand, PackagePins, PackageRun, PackagesWanted
from freshlayer.packages.apt.snapshots import lines_of
from freshlayer.packages.apt.sources import sources_of


def archives_of(
    wanted: PackagesWanted,
    archives: Mapping[str, str],
    locked: Callable[[PackageRun, str], Sequence[LockedPackages]],
) -> dict[int, PackagePins]:
    """Number of an instruction → its file of sources, where its packages were locked as of one time.

    An instruction that reads index files, and those that install from them, see the same file.
    """
    found: dict[int, PackagePins] = {}
    for chain in wanted.chains:
        current = ""
        for run in chain.runs:
            times = {block.at for block in locked(run, APT)}
            reads = [it for it in run.commands if it.manager == APT and it.action is PackageAction.UPDATE]
            if reads or times:
                current = _text(reads, times.pop(), archives, run) if len(times) == 1 else ""
            if current and run.number >= 0 and (reads or chooses(run)):
                found[run.number] = PackagePins(APT, SOURCES, current, of_lists=True)
    return found


def _text(reads: Sequence[PackageCommand], at: str, archives: Mapping[str, str], run: PackageRun) -> str:
    native = run.architecture.partition("/")[0]
    sources = [source for command in reads for source in sources_of(command.files, native)]
    return lines_of(sources, at, archives) if at else ""
