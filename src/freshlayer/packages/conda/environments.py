"""What the commands of a stage want of each environment, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageChain, PackageCommand, PackageRun
from freshlayer.packages.conda.channels import Configuration

_BASE = "base"


class Wish(Struct, frozen=True):
    """A command that installs. ``before``: words of earlier commands of its environment.

    ``configuration``: as it is when the command runs.
    """

    command: PackageCommand
    before: tuple[str, ...]
    configuration: Configuration


class _State(Struct):
    words: dict[str, list[str]] = field(default_factory=dict)
    configured: list[tuple[tuple[str, str], ...]] = field(default_factory=list)


def wishes(chain: PackageChain) -> Iterator[tuple[PackageRun, Wish]]:
    """The commands that install, with what was before them."""
    state = _State()
    for run in chain.runs:
        for command in run.commands:
            if command.action is PackageAction.CONFIGURE:
                state.configured.append(command.options)
            elif command.action is PackageAction.INSTALL:
                wish = _wish(command, state)
                if run.policy is not PackagePolicy.OFF and (command.words or command.unknown):
                    yield run, wish


def _wish(command: PackageCommand, state: _State) -> Wish:
    options = dict(command.options)
    environment = options.get("name") or options.get("prefix") or options.get("active") or _BASE
    before = [] if "create" in options else state.words.get(environment, [])
    state.words[environment] = [*before, *command.words]
    return Wish(command, tuple(before), _configuration(command.files, state))


def _configuration(files: Mapping[str, str], state: _State) -> Configuration:
    """``files``: the strongest last."""
    found = Configuration()
    for text in files.values():
        found.read(text)
    for options in state.configured:
        found.configure(options)
    return found
