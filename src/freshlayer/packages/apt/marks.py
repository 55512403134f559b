"""Marking packages for installation: each brings what it depends on, as apt decides it.

The rules are those of apt 2.6 (``MarkInstall`` and its kin). A marking needs others: those steps are
generators that one loop runs, so that a long chain of dependencies needs no deep stack.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from freshlayer.packages.apt.plans import Plans
from freshlayer.packages.apt.relations import Clause
from freshlayer.packages.apt.states import Mode, State, Which
from freshlayer.packages.apt.universe import Package, Version

Step = Generator["Step", bool, bool]


_MOST_STEPS = 2_000_000


class TooManyStepsError(Exception):
    """The packages need each other in too many ways."""


def run(step: Step) -> bool:
    """Run a step, and the steps that it yields, to the end. Raises TooManyStepsError."""
    stack, value = [step], False
    started = False
    steps = 0
    while stack:
        steps += 1
        if steps > _MOST_STEPS:
            raise TooManyStepsError
        try:
            step = stack[-1].send(value) if started else next(stack[-1])
        except StopIteration as ended:
            stack.pop()
            value, started = bool(ended.value), True
        else:
            stack.append(step)
            started = False
    return value


class Work:
    """A marking under way. ``patient``: it goes on where a part of it fails."""

    def __init__(
        self, package: Package, version: Version, depth: int, *, user: bool, protected: bool
    ) -> None:
        self.package = package
        self.version = version
        self.depth = depth
        self.protected = protected
        self.patient = user or protected
        self.upgrades: list[Package] = []
        self.removals: list[Package] = []
        self.wanted: list[Clause] = []
        self.unwanted: list[Clause] = []


class Marks(Plans):
    """Changes of what is planned."""

    def install(self, package: Package, *, auto: bool, user: bool = False, depth: int = 0) -> bool:
        """Plan to install the candidate; with ``auto`` also what it needs."""
        return run(self._install(package, auto=auto, user=user, depth=depth))

    def _install(self, package: Package, *, auto: bool, user: bool, depth: int) -> Step:
        settled = self._settled(package, user=user, depth=depth)
        if settled is not None:
            return settled
        state = self.of(package)
        if not self._possible(package, auto=auto, user=user) or state.candidate is None:
            return False
        if user:
            self._choose(state, user=True)
        if not auto:
            self._choose(state, user=user)
            return True
        work = Work(package, state.candidate, depth, user=user, protected=state.protected)
        self._collect(work)
        succeeded = self._remove_conflicts(work)
        if not succeeded and not work.patient:
            return False
        self._collect_dependents(work)
        if not user:
            self._choose(state, user=False)
        state.protected = True
        followed = yield from self._follow(work)
        state.protected = work.protected
        return succeeded and followed

    def _settled(self, package: Package, *, user: bool, depth: int) -> bool | None:
        """The answer where nothing is to be done."""
        state = self.of(package)
        kept = state.protected and state.mode is Mode.KEEP and state.candidate is not None
        again = kept and state.candidate is package.current
        if not again and not self.may(package, Mode.INSTALL, user=user, depth=depth):
            return False
        if state.candidate is None:
            return False
        if state.protected or self.incomplete(package):
            return None
        if state.candidate is package.current:
            return self.keep(package) if state.planned is None else True
        return True if state.mode is Mode.INSTALL else None

    def _possible(self, package: Package, *, auto: bool, user: bool) -> bool:
        state = self.of(package)
        candidate = state.candidate
        if candidate is None or candidate is package.current:
            return True
        marked = state.mode is Mode.INSTALL and state.planned is candidate
        if candidate.same and not user and not marked and not self._in_step(candidate):
            return False
        if not auto or all(self._can_be_fulfilled(candidate, clause) for clause in self.clauses(candidate)):
            return True
        if not state.protected:
            self._give_up(state)
        return False

    def _in_step(self, candidate: Version) -> bool:
        """Whether the siblings for other architectures that are installed have the same candidate."""
        for sibling in self.universe.group(candidate.package.name).values():
            other = self.of(sibling).candidate
            if sibling.current is None or sibling is candidate.package or other is None:
                continue
            if other.version != candidate.version and other.same and other.origins:
                return False
        return True

    def _can_be_fulfilled(self, version: Version, clause: Clause) -> bool:
        return (
            not clause.critical
            or clause.negative
            or self.fulfilled(version, clause)
            or self.fulfilled(version, clause, Which.CANDIDATE)
        )

    def _give_up(self, state: State) -> None:
        """No longer a candidate: the resolver would try to install it again."""
        if state.package.current is not None:
            self.set_candidate(state.package.current)
        else:
            state.candidate = None
        if state.mode is not Mode.DELETE:
            state.mode = Mode.KEEP

    def _choose(self, state: State, *, user: bool) -> None:
        if state.protected and state.planned is state.candidate:
            return
        state.mode = Mode.KEEP if state.candidate is state.package.current else Mode.INSTALL
        state.planned = state.known = state.candidate
        if state.candidate is not None:
            self.arrives(state.candidate)
        if user:
            state.automatic = False
        elif state.package.current is None:
            state.automatic = True

    def _discard(self, package: Package) -> None:
        """Take a marking back, and do not try it again."""
        state = self.of(package)
        self.retracted = True
        state.planned, state.mode, state.known = package.current, Mode.KEEP, state.candidate
        state.candidate = package.current

    def _collect(self, work: Work) -> None:
        """The clauses that are not fulfilled; of a protected package all, so that they are protected too."""
        for clause in self.clauses(work.version):
            if not work.protected and self.fulfilled(work.version, clause):
                continue
            (work.unwanted if clause.negative else work.wanted).append(clause)

    def _remove_conflicts(self, work: Work) -> bool:
        """What must not be there: not to be installed, to be upgraded, or to be removed."""
        succeeded = True
        not_now: list[Package] = []
        for clause in work.unwanted:
            for version in self.solutions(work.version, clause, Which.CANDIDATE):
                succeeded &= self._not_as_candidate(work, version, not_now)
                if not succeeded and not work.patient:
                    return False
            for version in self.solutions(work.version, clause, Which.NOW):
                succeeded &= self._not_as_installed(work, version, not_now)
                if not succeeded and not work.patient:
                    return False
        return succeeded

    def _not_as_candidate(self, work: Work, version: Version, not_now: list[Package]) -> bool:
        package, state = version.package, self.of(version.package)
        if state.candidate is not version:
            return True
        if package.current is version:
            return self._remove_later(work, package)
        if state.mode is Mode.INSTALL and not self.keep(package):
            return False
        if work.protected:
            state.candidate = state.planned
            state.protected |= package.current is None
        else:
            not_now.append(package)
        return True

    def _not_as_installed(self, work: Work, version: Version, not_now: list[Package]) -> bool:
        package, candidate = version.package, self.of(version.package).candidate
        if candidate is not version and candidate is not None and package not in not_now:
            work.upgrades.append(package)
            return True
        return candidate is package.current or self._remove_later(work, package)

    def _remove_later(self, work: Work, package: Package) -> bool:
        state = self.of(package)
        if not work.protected:
            if state.mode is Mode.DELETE:
                return True
            if not self.may(package, Mode.DELETE, depth=work.depth) or not self.may_delete(state, user=False):
                return False
            work.removals.append(package)
            return True
        if state.mode is not Mode.DELETE and not self.delete(package):
            return False
        state.candidate = state.planned
        state.protected = True
        return True

    def _collect_dependents(self, work: Work) -> None:
        """Installed packages that the present version fulfils and the new one would not: upgraded too."""
        current = work.package.current
        if current is None or current is work.version:
            return
        for dependent in self.dependents(work.package):
            if self.of(dependent).mode is Mode.INSTALL or dependent.current is None:
                continue
            if dependent not in work.upgrades and self._loses(dependent.current, current, work.version):
                work.upgrades.append(dependent)

    def _loses(self, dependent: Version, current: Version, version: Version) -> bool:
        for clause in self.clauses(dependent):
            for one in clause.alternatives if not clause.negative else ():
                if one.name == current.package.name:
                    offered = [offer.version for offer in self.offers(dependent, clause, one) if offer.own]
                    if current in offered and version not in offered:
                        return True
        return False

    def dependents(self, package: Package) -> Iterator[Package]:
        """The installed packages of which a relation names a package."""
        for key in self.universe.installed.mentioning(package.name):
            other = self.universe.installed_package(key)
            if other is not None:
                yield other

    def _follow(self, work: Work) -> Step:
        yield from self._upgrade_siblings(work)
        succeeded = yield from self._upgrade_conflicts(work)
        if not succeeded and not work.patient:
            self._discard(work.package)
            return False
        succeeded &= yield from self._install_dependencies(work)
        if not succeeded and not work.patient:
            self._discard(work.package)
            return False
        for package in work.removals:
            succeeded &= self.delete(package)
            if not succeeded and not work.patient:
                self._discard(work.package)
                return False
        return succeeded

    def _upgrade_siblings(self, work: Work) -> Step:
        """Installed packages of the same source are upgraded with it."""
        version = work.version
        siblings = [
            package
            for package in self.universe.installed_from(version.source)
            if package is not work.package and self._is_behind(package, version)
        ]
        for auto in (False, True):
            for package in siblings:
                self._wants(work.package, package)
                yield self._install(package, auto=auto, user=False, depth=work.depth + 1)
        return True

    def _is_behind(self, package: Package, version: Version) -> bool:
        state = self.of(package)
        candidate = state.candidate
        if candidate is None or candidate is package.current:
            return False
        if state.mode is Mode.INSTALL and state.planned is candidate:
            return False
        return (candidate.source, candidate.source_version) == (version.source, version.source_version)

    def _upgrade_conflicts(self, work: Work) -> Step:
        succeeded = True
        for package in work.upgrades:
            if self.of(package).mode is Mode.INSTALL:
                continue
            self._wants(work.package, package)
            if (yield self._install(package, auto=True, user=False, depth=work.depth + 1)):
                continue
            if not self.delete(package):
                succeeded = False
                if not work.patient:
                    break
            elif work.protected:
                self.of(package).protected = True
        return succeeded

    def _wants(self, package: Package, other: Package) -> None:
        state = self.of(other)
        if state.because is None:
            state.because = package

    def _install_dependencies(self, work: Work) -> Step:
        succeeded = True
        for clause in work.wanted:
            if self.fulfilled(work.version, clause):
                if work.protected and clause.critical:
                    succeeded &= yield from self._protect(work, clause)
                continue
            if not clause.critical and self._is_old(work.package, clause):
                continue
            found = yield from self._install_one(work, clause)
            if not found and clause.critical:
                succeeded = False
                if not work.patient:
                    break
        return succeeded

    def _protect(self, work: Work, clause: Clause) -> Step:
        """What a protected package can't do without is protected, where there is no choice."""
        found = dict.fromkeys(
            offer.version
            for one in clause.alternatives
            for offer in self.offers(work.version, clause, one)
            if offer.version in {self.of(offer.version.package).candidate, offer.version.package.current}
        )
        open_ = [version for version in found if not self.ruled_out(version)]
        if len(open_) != 1 or self.of(open_[0].package).protected:
            return True
        package = open_[0].package
        self.of(package).protected = True
        self._wants(work.package, package)
        return (yield self._install(package, auto=True, user=False, depth=work.depth + 1))

    def _is_old(self, package: Package, clause: Clause) -> bool:
        """Whether the installed version recommends the same, and did without it."""
        if package.current is None:
            return False
        same = [
            old
            for old in self.clauses(package.current)
            if not old.critical and clause.alternatives[0].name in {one.name for one in old.alternatives}
        ]
        return bool(same) and not any(self.fulfilled(package.current, old, Which.NOW) for old in same)

    def _install_one(self, work: Work, clause: Clause) -> Step:
        """The first of the packages that fulfil a clause that can be installed."""
        solutions = self.solutions(work.version, clause, Which.CANDIDATE)
        for version in solutions:
            package = version.package
            if self.of(package).candidate is not version:
                continue
            self._wants(work.package, package)
            if work.protected and clause.critical and len(solutions) == 1:
                if not (yield self._install(package, auto=False, user=False, depth=work.depth + 1)):
                    continue
                self.of(package).protected = True
            if (yield self._install(package, auto=True, user=False, depth=work.depth + 1)):
                return True
        return False
