"""A chain of package runs, from the index files that it reads to what each instruction installs."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexAnswer,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt.choices import distribution_of
from freshlayer.packages.apt.installed import Installed, installed_of
from freshlayer.packages.apt.machine import Machine
from freshlayer.packages.apt.readings import (
    Lists,
    Reading,
    index_files,
    lists_of,
    readings_of,
    release_files,
)
from freshlayer.packages.apt.words import WordError, is_local
from freshlayer.packages.by_policy import OF_TRIGGER, Collected

_CHOOSING = frozenset(
    {PackageAction.INSTALL, PackageAction.UPGRADE, PackageAction.DIST_UPGRADE, PackageAction.BUILD_DEP}
)

_ARCHITECTURES = {
    "386": "i386",
    "arm": "armhf",
    "arm/v5": "armel",
    "arm/v6": "armel",
    "arm/v7": "armhf",
    "ppc64le": "ppc64el",
    "mips64le": "mips64el",
}
"""Docker's name of an architecture → Debian's, where they differ."""

_EXTENDED_STATES = "/var/lib/apt/extended_states"


def resolve(
    chain: PackageChain, base: BaseImage
) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
    """The index files that a chain needs, and then what its instructions install."""
    if base.contents is None:
        return _without_base(chain, base)
    installed = installed_of(
        base.contents.installed.get("apt", ""), base.contents.files.get(_EXTENDED_STATES, "")
    )
    architectures = _architectures(installed, chain.runs)
    readings = [reading for reading in readings_of(chain, architectures) if _is_used(chain, reading)]
    answers: dict[IndexFile, IndexAnswer] = {}
    files = release_files(readings)
    if files:
        answers.update((yield files))
    found = {reading.place: index_files(reading, answers) for reading in readings if not reading.problem}
    wanted = dict.fromkeys(file.file for files_ in found.values() for file in files_)
    if wanted:
        answers.update((yield tuple(wanted)))
    lists = {
        reading.place: (reading.number, lists_of(reading, found.get(reading.place, ()), answers, chain.now))
        for reading in readings
    }
    machine = Machine(installed, architectures, distribution_of(base.contents.files))
    return _Walk(chain, machine, lists).resolutions()


def _without_base(chain: PackageChain, base: BaseImage) -> Resolutions:
    problem = base.why_not or Reason("base-not-read", base.reference)
    return {run.number: Resolution(problem=problem) for run in chain.runs if _chooses(run)}


def _chooses(run: PackageRun) -> bool:
    chosen = any(command.action in _CHOOSING for command in run.commands)
    return chosen and run.policy is not PackagePolicy.OFF


def _is_used(chain: PackageChain, reading: Reading) -> bool:
    """Whether a command behind an update, and before the next, chooses packages."""
    first, number = reading.place
    commands = [*chain.runs[first].commands[number + 1 :]]
    commands += [command for run in chain.runs[first + 1 :] for command in run.commands]
    for command in commands:
        if command.action in _CHOOSING:
            return True
        if command.action is PackageAction.UPDATE:
            return False
    return False


def _architectures(installed: Installed, runs: Sequence[PackageRun]) -> list[str]:
    """The native architecture first: that of dpkg itself, else that of the platform."""
    platform = runs[0].architecture if runs else "amd64"
    native = next(
        (package.record.architecture for package in installed.of("dpkg")),
        _ARCHITECTURES.get(platform, platform.partition("/")[0]),
    )
    others = {architecture for _, architecture in installed.packages} - {"all", "", native}
    return [native, *sorted(others)]


class _Walk:
    """The commands of a chain, one after the other."""

    def __init__(
        self,
        chain: PackageChain,
        machine: Machine,
        lists: Mapping[tuple[int, int], tuple[int, Lists]],
    ) -> None:
        self._chain = chain
        self._machine = machine
        self._lists = lists
        self._number: int | None = None
        self._packages: dict[int, Collected] = {}
        self._problems: dict[int, Resolution] = {}
        self._notes: dict[int, list[Reason]] = {}

    def resolutions(self) -> Resolutions:
        """Instruction number → what is read there."""
        for run_number, run in enumerate(self._chain.runs):
            for number, command in enumerate(run.commands):
                self._command(run, command, (run_number, number))
        watched = {number for number, collected in self._packages.items() if collected.watched}
        numbers = sorted({*watched, *self._problems, *self._notes})
        return {number: self._resolution(number) for number in numbers}

    def _resolution(self, number: int) -> Resolution:
        notes = tuple(self._notes.get(number, ()))
        problem = self._problems.get(number)
        if problem is not None:
            return Resolution(problem=problem.problem, unreachable=problem.unreachable, notes=notes)
        return self._packages.get(number, Collected()).resolution(notes)

    def _command(self, run: PackageRun, command: PackageCommand, place: tuple[int, int]) -> None:
        if command.unknown is not None:
            if command.action is PackageAction.UPDATE:
                self._number, self._machine.lists = run.number, Lists(problem=command.unknown)
            self._fail(run, run.number, Resolution(problem=command.unknown))
        elif command.action is PackageAction.UPDATE:
            self._number, self._machine.lists = self._lists.get(place, (run.number, Lists()))
        elif command.action in _CHOOSING:
            self._choose(run, command)
        else:
            self._change(command)

    def _choose(self, run: PackageRun, command: PackageCommand) -> None:
        """Of the lists of the base nothing is read from the network, so it is no input."""
        if self._number is None:
            return
        lists = self._machine.lists
        if lists.problem is not None:
            self._fail(run, self._number, Resolution(problem=lists.problem, unreachable=lists.unreachable))
            return
        self._note_local(run, command)
        if self._number < 0:
            self._fail(run, run.number, Resolution(problem=OF_TRIGGER))
        try:
            chosen = self._machine.run(command)
        except WordError as error:
            # The instruction that read the index keeps what is recorded of it.
            for number in {self._number, run.number}:
                self._fail(run, number, Resolution(problem=error.reason))
            return
        self._packages.setdefault(self._number, Collected()).add(chosen, run.policy)

    def _note_local(self, run: PackageRun, command: PackageCommand) -> None:
        if run.policy is PackagePolicy.OFF or command.action is PackageAction.BUILD_DEP:
            return
        for word in command.words:
            if is_local(word) and word not in command.local:
                self._notes.setdefault(run.number, []).append(Reason("apt-local-package", word))

    def _change(self, command: PackageCommand) -> None:
        """What is removed; a name that is not known changes nothing."""
        try:
            self._machine.run(command)
        except WordError:
            return

    def _fail(self, run: PackageRun, number: int, problem: Resolution) -> None:
        if run.policy is not PackagePolicy.OFF:
            self._problems.setdefault(number, problem)
