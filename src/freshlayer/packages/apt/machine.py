"""A stage as its package commands change it: what is installed, and which lists apt has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from freshlayer.model.packages import ChosenPackage, PackageAction, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt import actions
from freshlayer.packages.apt.build_dependencies import PREFIX, pseudo_packages
from freshlayer.packages.apt.choices import Distribution, chosen_packages
from freshlayer.packages.apt.configuration import Configuration, configuration_of
from freshlayer.packages.apt.entries import Record
from freshlayer.packages.apt.garbage import forget_unneeded
from freshlayer.packages.apt.installed import Installed, InstalledPackage
from freshlayer.packages.apt.marks import Marks, TooManyStepsError
from freshlayer.packages.apt.package_files import PackageFiles, record_of
from freshlayer.packages.apt.preferences import Origin, Policy, pins_of
from freshlayer.packages.apt.readings import Lists
from freshlayer.packages.apt.removal import unneeded
from freshlayer.packages.apt.resolver import affected, changed
from freshlayer.packages.apt.selections import marked
from freshlayer.packages.apt.states import State
from freshlayer.packages.apt.universe import File, Universe, Version
from freshlayer.packages.apt.words import Wanted, WordError, wanted_of

_MOST_NAMED = 5


class Machine:
    """``installed`` and ``architectures`` are those of now, the native architecture first."""

    def __init__(
        self, installed: Installed, architectures: Sequence[str], distribution: Distribution
    ) -> None:
        self.installed = installed
        self.architectures = list(architectures)
        self.distribution = distribution
        self.lists = Lists()

    def run(self, command: PackageCommand) -> list[ChosenPackage]:
        """What a command installs, which counts as installed from now on. Raises WordError."""
        if command.action is PackageAction.ADD_ARCHITECTURE:
            self.architectures += [word for word in command.words if word not in self.architectures]
            return []
        if command.action is PackageAction.CONFIGURE:
            for verb, _ in command.options:
                self.installed = marked(self.installed, verb, command.words)
            return []
        configuration = configuration_of(command.files, command.options)
        marks = self._marks(command, configuration)
        try:
            words = self._plan(marks, command, configuration)
        except TooManyStepsError:
            raise WordError(Reason("limit-reached")) from None
        except msgspec.MsgspecError:
            raise WordError(Reason("index-unreadable")) from None
        files = set(_of_files(marks, command).values())
        states = [
            state
            for state in (*changed(marks), *_again(marks, words, configuration))
            if state.planned not in files
        ]
        packages = list(
            chosen_packages(marks, states, words, self.distribution, otherwise=command.action.value)
        )
        self._apply(marks, sweep=_sweeps(command, configuration))
        return [package for package in packages if not package.name.startswith(PREFIX)]

    def _marks(self, command: PackageCommand, configuration: Configuration) -> Marks:
        files = self.lists.files
        if command.local:
            files = (*files, _file_of(command.local))
        pins = pins_of(command.files, configuration.text("APT::Default-Release"))
        policy = Policy(pins, [file.origin for file in files])
        universe = Universe(
            files,
            self.installed,
            policy,
            self.architectures,
            ignore_hold=configuration.flag("APT::Ignore-Hold", default=False),
        )
        recommends = configuration.flag("APT::Install-Recommends", default=True)
        if command.action is PackageAction.BUILD_DEP:
            recommends = False
        suggests = configuration.flag("APT::Install-Suggests", default=False)
        return Marks(universe, recommends=recommends, suggests=suggests)

    def _plan(
        self, marks: Marks, command: PackageCommand, configuration: Configuration
    ) -> dict[Version, str]:
        """Mark what a command names; version → word."""
        if command.action is PackageAction.BUILD_DEP:
            wanted = Wanted(self._build_dependencies(marks, command, configuration), {}, {})
        else:
            removing = command.action is PackageAction.REMOVE
            partly = command.unlisted is not None
            files = {} if removing else dict(_of_files(marks, command))
            wanted = wanted_of(marks, command.words, removing=removing, partly=partly, files=files)
        new = configuration.flag("APT::Get::Upgrade-Allow-New", default=command.program == "apt")
        switches = actions.Switches(
            upgrade=configuration.flag("APT::Get::Upgrade", default=True),
            only_upgrade=configuration.flag("APT::Get::Only-Upgrade", default=False),
        )
        protected = actions.install(marks, wanted, switches)
        match command.action:
            case PackageAction.UPGRADE:
                fits = actions.upgrade(marks, protected, new=new)
            case PackageAction.DIST_UPGRADE:
                fits = actions.dist_upgrade(marks)
            case _:
                fits = actions.resolve(marks, protected, set(wanted.remove))
        if not fits:
            raise WordError(_unmet(marks))
        forget_unneeded(marks)
        return wanted.install

    def _build_dependencies(
        self, marks: Marks, command: PackageCommand, configuration: Configuration
    ) -> dict[Version, str]:
        host = configuration.text("APT::Get::Host-Architecture")
        if host and host != marks.universe.native:
            raise WordError(Reason("apt-host-architecture", host))
        return pseudo_packages(
            marks.universe,
            self.lists.sources,
            command.words,
            indep=not configuration.flag("APT::Get::Arch-Only", default=False),
            arch=not configuration.flag("APT::Get::Indep-Only", default=False),
            profiles=configuration.list("APT::Build-Profiles"),
        )

    def _apply(self, marks: Marks, *, sweep: bool) -> None:
        removed = []
        added = []
        for state in changed(marks):
            if state.package.current is not None:
                record = state.package.current.record
                removed.append((record.name, record.architecture))
            if state.planned is not None and not state.package.name.startswith(PREFIX):
                added.append(self._arrived(state.planned.record, automatic=state.automatic))
        named = self.installed.but(removed, added)
        manual = {
            (state.package.name, state.package.current.record.architecture)
            for state in marks.touched()
            if state.package.current is not None and not state.automatic
        }
        self.installed = named.manual(manual)
        if sweep:
            self.installed = self.installed.but(unneeded(self.installed), ())

    def _arrived(self, record: Record, *, automatic: bool) -> InstalledPackage:
        return InstalledPackage(record, self.installed.is_held(record), automatic)


def _again(marks: Marks, words: Mapping[Version, str], configuration: Configuration) -> Iterator[State]:
    """What ``--reinstall`` reads once more: named, and up to date, and in a list."""
    if not configuration.flag("APT::Get::ReInstall", default=False):
        return
    if not configuration.flag("APT::Get::Upgrade", default=True):
        return
    for package in dict.fromkeys(version.package for version in words):
        state = marks.of(package)
        if state.planned is not None and state.planned is package.current and state.planned.origins:
            yield state


def _file_of(controls: Mapping[str, str]) -> File:
    """The package files that a command names. Raises WordError where one is none."""
    for word, control in controls.items():
        if record_of(control) is None:
            raise WordError(Reason("apt-local-package", word, "its control file can't be read"))
    return File(PackageFiles(controls), Origin())


def _of_files(marks: Marks, command: PackageCommand) -> dict[str, Version]:
    """Word of a package file → its version."""
    found: dict[str, Version] = {}
    last = len(marks.universe.files) - 1
    for word, control in command.local.items():
        record = record_of(control)
        package = marks.universe.installed_package((record.name, record.architecture)) if record else None
        for version in package.versions if package is not None else ():
            if record and version.version == record.version and last in version.origins:
                found[word] = version
    return found


def _sweeps(command: PackageCommand, configuration: Configuration) -> bool:
    """Whether what no package needs any more is removed."""
    by_word = any(name in {"autoremove", "auto-remove", "autopurge"} for name, _ in command.options)
    return by_word or configuration.flag("APT::Get::AutomaticRemove", default=False)


def _unmet(marks: Marks) -> Reason:
    broken = [package.name for package in affected(marks) if marks.broken(package)]
    names = ", ".join(_shown(broken))
    return Reason("apt-unmet-dependencies", detail=f"the dependencies of these packages are not met: {names}")


def _shown(names: Sequence[str]) -> list[str]:
    more = len(names) - _MOST_NAMED
    return [*names[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
