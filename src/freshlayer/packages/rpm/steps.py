"""The commands of a chain, each with the configuration under which it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from freshlayer.model.base_image import InstalledRpm
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun
from freshlayer.packages.rpm.configuration import Configuration, configuration
from freshlayer.packages.rpm.options import Options
from freshlayer.packages.rpm.variables import variables

_GROUP_ACTIONS = frozenset({PackageAction.GROUP_INSTALL})
_FAMILIES_OF_MODULES = frozenset({"dnf"})


class Step(Struct, frozen=True):
    """A command that changes which packages are installed, or which metadata are kept.

    ``root``: other than ``/``, if it is.
    """

    run: PackageRun
    command: PackageCommand
    options: Options
    configuration: Configuration
    architecture: str
    root: str = ""

    @property
    def chooses(self) -> bool:
        """Whether it may change which packages are installed."""
        return self.command.action not in {PackageAction.UPDATE, PackageAction.CLEAN}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of index files that it reads."""
        kinds = ["primary"]
        if self.configuration.program in _FAMILIES_OF_MODULES:
            kinds.append("modules")
        if self.groups:
            kinds.append("group")
        if self.updates_only or self.run.policy is PackagePolicy.SECURITY:
            kinds.append("updateinfo")
        return tuple(kinds)

    @property
    def groups(self) -> tuple[str, ...]:
        """The words that name groups, without ``@``."""
        if self.command.action in _GROUP_ACTIONS:
            return tuple(word.removeprefix("@") for word in self.command.words)
        return tuple(word[1:] for word in self.command.words if word.startswith("@"))

    def removes(self, word: str) -> bool:
        """Whether a word of an install command names what is removed: ``-x``, ``!x`` and ``~x`` of zypper."""
        return self.configuration.program == "zypper" and word[:1] in {"-", "!", "~"}

    def installs(self, word: str) -> str:
        """A word of an install command, as it is looked up: zypper has ``+x`` and ``pattern:x``."""
        if self.configuration.program != "zypper":
            return word
        kind, colon, name = word.removeprefix("+").partition(":")
        if self.options.last("type") == "pattern" or (colon and kind == "pattern"):
            return f"pattern() = {name or kind}"
        return name if colon and kind == "package" else word.removeprefix("+")

    @property
    def updates_only(self) -> tuple[str, ...]:
        """The types of updates of which alone versions may be chosen; empty for any version.

        ``--cve`` and ``--sec-severity`` stand for all security updates, ``--advisory`` and ``--bz`` for all.
        """
        found = [
            name for name in ("security", "bugfix", "enhancement", "newpackage") if self.options.has(name)
        ]
        found += ["security"] if self.options.has("sec-severity", "cve") else []
        found += ["all"] if self.options.has("advisory", "bz", "patch") else []
        return tuple(found)


_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "i386": "386", "armv7hl": "arm"}


def steps(chain: PackageChain, files: dict[str, str], installed: Iterable[InstalledRpm]) -> Iterator[Step]:
    """The commands of a chain.

    What runs install whose packages are off is installed for those behind them.
    """
    base = tuple(installed)
    for run in _counting(chain):
        for command in run.commands:
            if command.manager == "rpm":
                yield _step(run, command, files, base)


def is_watched(run: PackageRun) -> bool:
    """Whether the packages of a run are inputs."""
    return run.policy is not PackagePolicy.OFF


def _counting(chain: PackageChain) -> tuple[PackageRun, ...]:
    """The runs up to the last one that is watched."""
    places = [place for place, run in enumerate(chain.runs, 1) if is_watched(run)]
    return chain.runs[: max(places, default=0)]


def _step(
    run: PackageRun, command: PackageCommand, files: dict[str, str], installed: tuple[InstalledRpm, ...]
) -> Step:
    options = Options.of(command.options)
    every = files | dict(command.files)
    forced = options.last("forcearch")
    architecture = _ARCHITECTURES.get(forced, forced) or run.architecture.partition("/")[0]
    values = variables(every, installed, architecture, options.last("releasever"))
    found = configuration(command.program, every, options, values)
    return Step(run, command, options, found, architecture, options.last("installroot").rstrip("/"))
