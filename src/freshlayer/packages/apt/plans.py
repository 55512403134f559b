"""Single changes of what is planned, each with the rules that may forbid it."""

from __future__ import annotations

from functools import partial

from freshlayer.packages.apt.relations import Clause
from freshlayer.packages.apt.states import Mode, State, States, Which
from freshlayer.packages.apt.universe import Package, Version

DEEPEST = 3000
"""Of the chain of packages that bring each other."""


class Plans(States):
    """What is planned, and how it may change. ``retracted``: whether an installation was taken back."""

    retracted = False

    def may(self, package: Package, mode: Mode, *, user: bool = False, depth: int = 0) -> bool:
        """Whether a plan may change: the user may do all; what is held or essential stays."""
        state = self.of(package)
        if depth > DEEPEST or not package.versions:
            return False
        if user or state.mode is mode:
            return True
        if state.protected or (mode is not Mode.KEEP and package.held):
            return False
        return not (mode is Mode.DELETE and (package.essential or package.important))

    def keep(self, package: Package) -> bool:
        """Plan no change."""
        state = self.of(package)
        if not self.may(package, Mode.KEEP):
            return False
        if state.mode is not Mode.KEEP:
            self.retracted |= state.mode is Mode.INSTALL
            state.mode, state.planned, state.known = Mode.KEEP, package.current, state.candidate
        return True

    def delete(self, package: Package, *, user: bool = False) -> bool:
        """Plan to remove it, or no longer to install it."""
        state = self.of(package)
        if not self.may(package, Mode.DELETE, user=user):
            return False
        if state.mode is Mode.DELETE or state.planned is None:
            return True
        if not self.may_delete(state, user=user):
            return False
        self.retracted |= state.mode is Mode.INSTALL
        state.mode = Mode.KEEP if package.current is None else Mode.DELETE
        state.planned, state.known = None, state.candidate
        return True

    def may_delete(self, state: State, *, user: bool) -> bool:
        """Whether a package may go: what the user wants to install is not given up."""
        wanted = state.package.current is None and state.planned is not None and not state.automatic
        return user or not wanted

    def set_candidate(self, version: Version) -> None:
        """Choose another version as the one to install."""
        state = self.of(version.package)
        if state.candidate is not version:
            if state.candidate is state.planned and state.mode is Mode.INSTALL:
                state.planned = version
                self.arrives(version)
            state.candidate = state.known = version

    def ruled_out(self, version: Version) -> bool:
        """Whether it is settled that a package is not installed."""
        state = self.of(version.package)
        if not state.protected:
            return False
        return state.mode is Mode.DELETE or (state.mode is Mode.KEEP and version.package.current is None)

    def solutions(self, version: Version, clause: Clause, which: Which) -> list[Version]:
        """The versions that fulfil a clause, in the order in which they are tried."""
        installed: list[Version] = []
        others: list[Version] = []
        for one in clause.alternatives:
            found = dict.fromkeys(
                offer.version
                for offer in self.offers(version, clause, one)
                if self._tried(offer.version.package, which) is offer.version
            )
            for solution in sorted(found, key=partial(self._rank, one.name)):
                (others if solution.package.current is None else installed).append(solution)
        both = list(dict.fromkeys([*installed, *others]))
        return both if clause.negative else [one for one in both if not self.ruled_out(one)]

    def _tried(self, package: Package, which: Which) -> Version | None:
        return self.of(package).candidate if which is Which.CANDIDATE else package.current

    def _rank(self, name: str, version: Version) -> tuple[object, ...]:
        """Of several packages for one alternative, the one with the lowest rank is tried first."""
        package = version.package
        siblings = self.universe.group(package.name).values()
        architectures = self.universe.architectures
        return (
            not self.of(package).protected,
            not (version.same and any(sibling.current is not None for sibling in siblings)),
            package.current is None,
            package.name != name,
            not package.essential,
            not package.important,
            architectures.index(package.architecture) if package.architecture in architectures else 99,
            version.priority,
            tuple(-number for number in package.order),
        )
