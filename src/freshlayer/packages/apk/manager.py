"""The member for apk: a chain of commands → index files → what each instruction installs. Pure.

``apk add`` reads the index again where the cached one is older than four hours, and takes that of an earlier
instruction where it is not. So packages belong to the instruction that stored the index: with a key on the
later one alone, a build soon after would take the old index, and find its packages gone. ``--no-cache``
neither takes nor stores one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import BinaryIO, NamedTuple

from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    Index,
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
from freshlayer.packages.apk.purls import chosen, distribution
from freshlayer.packages.apk.reached import Unsolvable
from freshlayer.packages.apk.records import entries
from freshlayer.packages.apk.repositories import INDEX, NAME, Repository, architecture, repositories
from freshlayer.packages.apk.root import Outcome, Root, options_of, performed, root_of
from freshlayer.packages.by_policy import OF_TRIGGER, Collected

_REMOVES = "rm"
"""The program of a command that removes the cached indexes."""
_ABSENT = frozenset({"http-not-found", "http-gone"})
_CHOOSES = {PackageAction.INSTALL, PackageAction.UPGRADE, PackageAction.DIST_UPGRADE}


class _Step(NamedTuple):
    """A command of a run, with the repositories that it reads."""

    run: PackageRun
    command: PackageCommand
    repositories: tuple[Repository, ...] | Reason


class Apk:
    """apk of Alpine and its relatives, with index files of version 2."""

    name = NAME

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """What each instruction installs; one round of index files."""
        if base.contents is None or NAME not in base.contents.installed:
            return _unknown(chain, base)
        steps = [_step(run, command, base) for run, command in _commands(chain)]
        answers = yield tuple(dict.fromkeys(_files(steps)))
        resolving = _Resolving(base.contents, base.platform, answers)
        for step in steps:
            resolving.perform(step)
        read = [run for run in chain.runs if _watched(run) or resolving.reads(run)]
        return {run.number: resolving.resolution(run) for run in read}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:
        """The packages of an ``APKINDEX``."""
        del scratch
        if kind != INDEX:
            raise ValueError(f"apk has no index file of the kind {kind}")
        yield from entries(content)


APK = Apk()


def _commands(chain: PackageChain) -> Iterator[tuple[PackageRun, PackageCommand]]:
    for run in chain.runs:
        yield from ((run, command) for command in run.commands if command.manager == NAME)


def _watched(run: PackageRun) -> bool:
    own = (one for one in run.commands if one.manager == NAME and one.program != _REMOVES)
    return run.policy is not PackagePolicy.OFF and any(own)


def _unknown(chain: PackageChain, base: BaseImage) -> Resolutions:
    """No resolution without the packages of the base."""
    unreadable = base.contents.unreadable.get(NAME) if base.contents is not None else base.why_not
    problem = unreadable or Reason("installed-packages-unknown", NAME)
    return {run.number: Resolution(problem=problem) for run in chain.runs if _watched(run)}


def _step(run: PackageRun, command: PackageCommand, base: BaseImage) -> _Step:
    if command.unknown is not None:
        return _Step(run, command, command.unknown)
    found = repositories(command, architecture(command, command.platform or base.platform))
    return _Step(run, command, found)


def _files(steps: list[_Step]) -> Iterator[IndexFile]:
    for step in steps:
        if not isinstance(step.repositories, Reason) and step.command.action is not PackageAction.UPDATE:
            yield from (one.file for one in step.repositories)


class _Resolving:
    """The commands of a chain, one after the other. Roots are by their directory: ``apk --root``."""

    def __init__(self, contents: BaseContents, platform: str, answers: IndexAnswers) -> None:
        self._platform, self._answers = platform, answers
        self._distribution = distribution(contents.files)
        self._roots = {"/": root_of(contents.files.get("/etc/apk/world", ""), contents.installed[NAME])}
        self._stored: int | None = None
        self._packages: dict[int, Collected] = {}
        self._problems: dict[int, Resolution] = {}
        self._notes: dict[int, dict[Reason, None]] = {}

    def perform(self, step: _Step) -> None:
        """One command: what it installs belongs to the instruction that read its index."""
        run, command = step.run, step.command
        reader = self._reader(run, command)
        if command.action is PackageAction.UPDATE or command.program == _REMOVES:
            return
        if isinstance(step.repositories, Reason):
            self._fail(run, run.number, Resolution(problem=step.repositories))
            return
        indexes, problem = self._indexes(step, reader)
        if problem is not None:
            unreachable = problem.code not in _ABSENT
            self._fail(run, reader, Resolution(problem=problem, unreachable=unreachable))
            return
        self._follow(step, reader, indexes)

    def _reader(self, run: PackageRun, command: PackageCommand) -> int:
        options = options_of(command)
        if command.program == _REMOVES:
            self._stored = None
        if command.action is PackageAction.UPDATE or "update-cache" in options:
            self._stored = run.number
        elif command.action in _CHOOSES and "no-cache" in options:
            return run.number
        elif command.action in _CHOOSES and self._stored is None:
            self._stored = run.number
        return run.number if self._stored is None else self._stored

    def _indexes(self, step: _Step, reader: int) -> tuple[list[tuple[Index, str]], Reason | None]:
        """The indexes with their tags, or why they are not known.

        ``apk add`` goes on without a repository that is not there, ``apk upgrade`` does not.
        """
        indexes: list[tuple[Index, str]] = []
        absent: list[Reason] = []
        for one in step.repositories if not isinstance(step.repositories, Reason) else ():
            answer = self._answers[one.file]
            if not isinstance(answer, Reason):
                indexes.append((answer, one.tag))
            elif answer.code in _ABSENT:
                absent.append(answer)
            else:
                return [], answer
        if absent and (not indexes or step.command.action is not PackageAction.INSTALL):
            return [], absent[0]
        self._notes.setdefault(reader, {}).update(dict.fromkeys(absent))
        return indexes, None

    def _follow(self, step: _Step, reader: int, indexes: list[tuple[Index, str]]) -> None:
        run, command = step.run, step.command
        place = options_of(command).get("root", "/") or "/"
        if reader < 0:
            self._fail(run, run.number, Resolution(problem=OF_TRIGGER))
        outcome = performed(self._roots.get(place, Root()), command, indexes)
        if outcome.problems:
            # The instruction that stored the index keeps what is recorded of it.
            for number in {reader, run.number}:
                problem = _problem(command, outcome.problems[0])
                self._fail(run, number, Resolution(problem=problem))
            return
        self._roots[place] = outcome.root
        self._packages.setdefault(reader, Collected()).add(self._chosen(command, outcome), run.policy)

    def _fail(self, run: PackageRun, number: int, problem: Resolution) -> None:
        """What packages that are no inputs lack does not matter."""
        if run.policy is not PackagePolicy.OFF:
            self._problems.setdefault(number, problem)

    def _chosen(self, command: PackageCommand, outcome: Outcome) -> Iterator[ChosenPackage]:
        arch = architecture(command, command.platform or self._platform)
        default = f"{command.program} {command.action}"
        for one in outcome.installed:
            yield chosen(one, self._distribution, arch, default)

    def reads(self, run: PackageRun) -> bool:
        """Whether an instruction stores the index from which another, whose packages count, installs."""
        return run.number in self._packages and self._packages[run.number].watched

    def resolution(self, run: PackageRun) -> Resolution:
        """What an instruction reads, for itself and for those behind it."""
        notes = (Reason("no-security-marks", NAME),) if run.policy is PackagePolicy.SECURITY else ()
        found = self._packages.get(run.number, Collected())
        resolution = self._problems.get(run.number) or found.resolution()
        return replace(resolution, notes=(*notes, *self._notes.get(run.number, ())))


def _problem(command: PackageCommand, found: Unsolvable) -> Reason:
    if not found.constraint:
        return Reason("limit-reached", NAME, "the closure needs more steps than freshlayer takes")
    by = f", which {found.wanted_by} depends on" if found.wanted_by else ""
    if not found.exists:
        return Reason("package-not-found", NAME, f"no repository has a package for {found.constraint}{by}")
    return Reason(
        "packages-unsolvable", f"{NAME} {command.action}", f"{found.constraint}{by} can't be fulfilled"
    )
