"""One chain: what each of its commands would install, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable

import solv
from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, InstalledRpm
from freshlayer.model.packages import (
    ChosenPackage,
    Index,
    IndexAnswers,
    IndexFile,
    PackageChain,
    PackagePolicy,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason, followed_by
from freshlayer.packages.rpm.choices import Choice, choose
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.identity import Distribution, chosen
from freshlayer.packages.rpm.installed import installed_packages
from freshlayer.packages.rpm.modularity import States, states_of
from freshlayer.packages.rpm.repositories import Indexes
from freshlayer.packages.rpm.security import with_security
from freshlayer.packages.rpm.steps import Step, is_watched, steps
from freshlayer.packages.rpm.system import as_installed, files_of
from freshlayer.packages.rpm.variables import os_release

Rounds = Generator[tuple[IndexFile, ...], IndexAnswers, None]


class _Draft(Struct):
    """What is known of one instruction so far."""

    packages: dict[str, ChosenPackage] = field(default_factory=dict)
    problem: Reason | None = None
    unreachable: bool = False
    notes: list[Reason] = field(default_factory=list)

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
        self._drafts = {run.number: _Draft() for run in chain.runs}
        self._installed: dict[str, tuple[InstalledRpm, ...]] = {}
        self._distribution = Distribution(os_release(contents.files))
        self._states: dict[str, States] = {"": states_of(contents.files)}
        self._reader = 0
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
        watched = (run.number for run in self._chain.runs if is_watched(run))
        return {number: _resolution(self._drafts[number]) for number in watched}

    def _read(self, every: Iterable[Step], *more: str) -> Rounds:
        """Read what all commands need at once: the rounds are those of one repository."""
        wanted: dict[Repository, dict[str, None]] = {}
        for step in every:
            if step.command.unknown is None:
                for repository in step.configuration.repositories:
                    wanted.setdefault(repository, {}).update(dict.fromkeys((*step.kinds, *more)))
        kinds = dict.fromkeys(kind for kinds in wanted.values() for kind in kinds)
        yield from self._indexes.read(wanted, kinds)

    def _step(self, step: Step, *, last: bool) -> Rounds:
        draft = self._draft(step)
        if step.command.unknown is not None:
            draft.fail(step.command.unknown)
            return
        read = self._readable(step, draft)
        if read is None:
            return
        states = self._states.get(step.root, {})
        choice = choose(step, read, self._before(step), self._indexes, states)
        if choice.paths:
            yield from self._read([step], "filelists")
            choice = choose(step, read, self._before(step), self._indexes, states, choice.paths)
        self._take(step, choice, draft)
        if not last:
            self._leave(step, choice)

    def _draft(self, step: Step) -> _Draft:
        """With ``--cacheonly``, that of the instruction that read the metadata."""
        if step.options.has("cacheonly") and self._reader:
            return self._drafts[self._reader]
        self._reader = step.run.number
        return self._drafts[step.run.number]

    def _before(self, step: Step) -> tuple[InstalledRpm, ...]:
        return self._installed.get(step.root, ())

    def _readable(self, step: Step, draft: _Draft) -> list[tuple[Repository, Index]] | None:
        """The repositories of a command with their indexes; None where one can't be read."""
        read: list[tuple[Repository, Index]] = []
        for repository in step.configuration.repositories:
            found = self._indexes.index(repository, "primary")
            if isinstance(found, Reason) or found is None:
                nothing = Reason("package-source-unknown", repository.id, "it has no index of packages")
                draft.fail(found or nothing, unreachable=not repository.problem)
                return None
            read.append((repository, found))
        if not read and step.command.words:
            draft.fail(Reason("package-source-unknown", detail="no repository is enabled"))
            return None
        return read

    def _take(self, step: Step, choice: Choice, draft: _Draft) -> None:
        draft.notes += choice.notes
        if choice.problem is not None or choice.world is None:
            if choice.problem is not None:
                draft.fail(self._explained(choice.problem))
            return
        if not is_watched(step.run):
            return
        packages = chosen(choice.world, list(choice.new), choice.request, self._distribution)
        draft.packages |= {one.purl: one for one in self._under_policy(step, packages, draft)}

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
        policy = step.run.policy
        if policy is PackagePolicy.NAMED:
            return [one for one in packages if one.named]
        if policy is PackagePolicy.SECURITY:
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
    return Resolution(tuple(draft.packages[purl] for purl in sorted(draft.packages)), notes=notes)
