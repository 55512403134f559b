"""One chain: what each of its commands would install, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence

import solv
from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, InstalledRpm
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    ChosenPackage,
    Index,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason, followed_by
from freshlayer.packages.by_policy import OF_TRIGGER, Collected
from freshlayer.packages.rpm.choices import Choice, choose
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.identity import Distribution, chosen
from freshlayer.packages.rpm.installed import installed_packages
from freshlayer.packages.rpm.locks import PLUGIN, Locks, changed
from freshlayer.packages.rpm.modularity import States, states_of
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.security import with_security
from freshlayer.packages.rpm.steps import Step, is_watched, steps
from freshlayer.packages.rpm.stored import Stored
from freshlayer.packages.rpm.system import as_installed, files_of
from freshlayer.packages.rpm.variables import os_release
from freshlayer.packages.rpm.worlds import world_of

Rounds = Generator[tuple[IndexFile, ...], IndexAnswers, None]


class _Draft(Struct):
    """What is known of one instruction so far. ``readers``: those that read the metadata that it takes.

    ``counts``: whether its packages are inputs, or those of an instruction that takes its metadata.
    """

    counts: bool = False
    packages: Collected = field(default_factory=Collected)
    problem: Reason | None = None
    unreachable: bool = False
    notes: list[Reason] = field(default_factory=list)
    readers: set[int] = field(default_factory=set)

    def fail(self, problem: Reason, *, unreachable: bool = False) -> None:
        """The first problem counts."""
        if self.problem is None:
            self.problem, self.unreachable = problem, unreachable


class Session:
    """The state of a chain: index files, and what is installed by root."""

    def __init__(self, chain: PackageChain, contents: BaseContents) -> None:
        self._chain = chain
        self._contents = contents
        self._indexes = Indexes()
        self._drafts = {run.number: _Draft(is_watched(run)) for run in chain.runs}
        self._installed: dict[str, tuple[InstalledRpm, ...]] = {}
        self._distribution = Distribution(os_release(contents.files))
        self._states: dict[str, States] = {"": states_of(contents.files)}
        self._stored = Stored()
        self._locks: Locks | None = None
        self._bringing: dict[str, None] = {}

    def resolutions(self) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """Yield index files in rounds, and return what each instruction installs."""
        try:
            self._installed[""] = installed_packages(self._contents.installed.get("rpm", ""))
        except ValueError as error:
            problem = Reason("installed-packages-unknown", detail=str(error))
            return {run.number: Resolution(problem=problem) for run in self._chain.runs}
        every = list(steps(self._chain, dict(self._contents.files), self._installed[""]))
        yield from self._read(every)
        for step in every:
            yield from self._step(step, last=step is every[-1])
        self._spread()
        return {number: _resolution(draft) for number, draft in self._drafts.items() if draft.counts}

    def _read(self, every: Iterable[Step], *more: str) -> Rounds:
        """Read what all commands need at once: the rounds are those of one repository."""
        wanted: dict[Repository, dict[str, None]] = {}
        for step in every:
            if step.command.unknown is None and step.chooses:
                for repository in step.configuration.repositories:
                    wanted.setdefault(repository, {}).update(dict.fromkeys((*step.kinds, *more)))
        kinds = dict.fromkeys(kind for kinds in wanted.values() for kind in kinds)
        yield from self._indexes.read(wanted, kinds)

    def _step(self, step: Step, *, last: bool) -> Rounds:
        readers = self._stored.readers(step)
        if not step.chooses:
            return
        if step.command.unknown is not None:
            self._drafts[step.run.number].fail(step.command.unknown)
            return
        if is_watched(step.run):
            self._count(step.run, set(readers.values()))
        read = self._readable(step, readers)
        if read is None:
            return
        listed = step.configuration.locks
        if listed.unread and is_watched(step.run):
            problem = Reason("package-source-unknown", listed.unread, "its locks of versions are not read")
            self._fail(step, readers, problem)
            return
        if step.command.action is PackageAction.CONFIGURE:
            self._lock(step, read)
            return
        choice = self._chosen(step, read)
        if choice.paths:
            yield from self._read([step], "filelists")
            choice = self._chosen(step, read, choice.paths)
        self._take(step, choice, readers)
        if not last:
            self._leave(step, choice)

    def _chosen(self, step: Step, read: list[tuple[Repository, Index]], paths: Sequence[str] = ()) -> Choice:
        states = self._states.get(step.root, {})
        rules = self._rules(step.configuration.locks.rules)
        return choose(step, read, self._before(step), self._indexes, states, paths, rules)

    def _rules(self, listed: tuple[str, ...]) -> tuple[str, ...]:
        """The locks of versions: those of the file count where the plugin is installed."""
        if self._locks is not None:
            return self._locks.rules(listed)
        return listed if any(one.name == PLUGIN for one in self._installed[""]) else ()

    def _lock(self, step: Step, read: list[tuple[Repository, Index]]) -> None:
        """``dnf versionlock`` changes which versions later commands may choose."""
        try:
            world = world_of(step.architecture, read, self._before(step), (), multilib=True)
        except ValueError:
            return
        listed, words = step.configuration.locks.rules, step.command.words
        self._locks = changed(self._locks or Locks(), listed, world, step.options, words)

    def _count(self, run: PackageRun, readers: set[int]) -> None:
        """The instructions that read the metadata get a key; none can take part in a trigger."""
        draft = self._drafts[run.number]
        draft.readers |= {number for number in readers if number >= 0}
        for number in draft.readers:
            self._drafts[number].counts = True
        if any(number < 0 for number in readers):
            draft.fail(OF_TRIGGER)

    def _fail(
        self, step: Step, readers: Mapping[str, int], problem: Reason, *, unreachable: bool = False
    ) -> None:
        """The instructions that read the metadata keep what is recorded of them, as the own one does."""
        for number in {step.run.number, *readers.values()} if is_watched(step.run) else ():
            self._drafts[number].fail(problem, unreachable=unreachable)

    def _spread(self) -> None:
        """Packages that count for another instruction are known where those of that one are."""
        spreads = True
        while spreads:
            spreads = False
            for draft in self._drafts.values():
                group = [draft, *(self._drafts[number] for number in sorted(draft.readers))]
                failed = next((one for one in group if one.problem), None)
                for one in group if failed else ():
                    spreads |= one.problem is None
                    if failed and failed.problem:
                        one.fail(failed.problem, unreachable=failed.unreachable)

    def _before(self, step: Step) -> tuple[InstalledRpm, ...]:
        return self._installed.get(step.root, ())

    def _readable(self, step: Step, readers: Mapping[str, int]) -> list[tuple[Repository, Index]] | None:
        """The repositories of a command with their indexes; None where one can't be read."""
        read: list[tuple[Repository, Index]] = []
        for repository in step.configuration.repositories:
            found = self._indexes.index(repository, "primary")
            if isinstance(found, Reason) or found is None:
                nothing = Reason("package-source-unknown", repository.id, "it has no index of packages")
                self._fail(step, readers, found or nothing, unreachable=not repository.problem)
                return None
            read.append((repository, found))
        if not read and step.command.words:
            nothing = Reason("package-source-unknown", detail="no repository is enabled")
            self._fail(step, readers, nothing)
            return None
        return read

    def _take(self, step: Step, choice: Choice, readers: Mapping[str, int]) -> None:
        """A package belongs to the instruction that read the metadata of its repository."""
        draft, policy = self._drafts[step.run.number], step.run.policy
        draft.notes += choice.notes
        if choice.problem is not None or choice.world is None:
            if choice.problem is not None:
                self._fail(step, readers, self._explained(choice.problem))
            return
        packages = chosen(choice.world, list(choice.new), choice.request, self._distribution)
        repositories = {one.purl: it.repo.name for one, it in zip(packages, choice.new, strict=True)}
        found: dict[int, list[ChosenPackage]] = {number: [] for number in readers.values()}
        for one in self._under_policy(step, packages, draft):
            number = readers.get(repositories[one.purl], step.run.number)
            found.setdefault(number, []).append(one)
        for number, own in found.items():
            self._drafts[number].packages.add(own, policy)

    def _leave(self, step: Step, choice: Choice) -> None:
        """What later commands find."""
        if choice.problem is None and choice.world and not step.options.has("download-only"):
            self._states[step.root] = choice.states
            kept = [choice.world.installed[one] for one in choice.kept]
            self._bringing |= dict.fromkeys(one.name for one in choice.new if _brings_repositories(one))
            self._installed[step.root] = (*kept, *map(as_installed, choice.new))

    def _explained(self, problem: Reason) -> Reason:
        """A package that is not found may be in a repository that a package before it brings."""
        if problem.code != "package-not-found" or not self._bringing:
            return problem
        return followed_by(problem, f"the repositories that {', '.join(self._bringing)} brings are not read")

    def _under_policy(self, step: Step, packages: list[ChosenPackage], draft: _Draft) -> list[ChosenPackage]:
        if step.run.policy is PackagePolicy.SECURITY:
            marked = with_security(packages, step.configuration.repositories, self._indexes)
            draft.notes += [Reason("no-security-marks")] if marked is None else []
            return [replace(one, security=True) for one in packages] if marked is None else marked
        return packages


def _brings_repositories(one: solv.XSolvable) -> bool:
    return any(path.startswith("/etc/yum.repos.d/") for path in files_of(one))


def _resolution(draft: _Draft) -> Resolution:
    notes = tuple(dict.fromkeys(draft.notes))
    if draft.problem is not None:
        return Resolution(problem=draft.problem, unreachable=draft.unreachable, notes=notes)
    return draft.packages.resolution(notes)
