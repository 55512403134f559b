"""What apt does where the marked packages do not fit together: by scores, the stronger package stays.

The rules are those of apt 2.6 (``pkgProblemResolver``).
"""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.packages.apt.marks import Marks
from freshlayer.packages.apt.relations import Alternative, Clause, Kind
from freshlayer.packages.apt.states import Mode, State, Which
from freshlayer.packages.apt.universe import Package, Version, in_order

_ROUNDS = 20
_PRIORITY = (0, 3, 2, 1, -1, -2)
_EXTRA = -2
_RELATION = {
    Kind.PRE_DEPENDS: 1,
    Kind.DEPENDS: 1,
    Kind.CONFLICTS: -1,
    Kind.BREAKS: -1,
    Kind.RECOMMENDS: 1,
    Kind.SUGGESTS: 0,
}


def affected(marks: Marks) -> list[Package]:
    """The packages that may be broken: those that change, and the installed ones that name what changes."""
    found = {state.package: None for state in marks.touched()}
    for state in marks.touched():
        if state.planned is state.package.current:
            continue
        for version in (state.planned, state.package.current):
            if version is not None:
                for name in (state.package.name, *(one.name for one in version.provided)):
                    keys = marks.universe.installed.mentioning(name)
                    packages = (marks.universe.installed_package(key) for key in keys)
                    found.update((package, None) for package in packages if package is not None)
    return in_order(found)


def count_broken(marks: Marks) -> int:
    """How many packages are broken."""
    return sum(marks.broken(package) for package in affected(marks))


def scores(marks: Marks, packages: list[Package], protected: set[Package]) -> dict[Package, int]:
    """How much would break without each."""
    found = dict.fromkeys(packages, 0)
    for package in packages:
        _score(marks, package, found)
    first = dict(found)
    for package in packages:
        _inherit(marks, package, first, found)
    for package in packages:
        transfer = abs(found[package] - first.get(package, 0))
        for provider in _providers(marks, package, packages) if transfer else ():
            found[provider] += transfer
    for package in packages:
        found[package] += 10000 * (package in protected)
        found[package] += 5000 * (package.essential or package.important)
    return found


def _score(marks: Marks, package: Package, found: dict[Package, int]) -> None:
    state = marks.of(package)
    version = state.planned
    if version is None:
        return
    found[package] += 100 * (package.essential or package.important)
    found[package] += _PRIORITY[version.priority] if version.origins else _EXTRA
    if package.current is not None and state.candidate is not None and state.candidate.origins:
        found[package] += 1
    for clause in version.clauses:
        for one in clause.alternatives:
            _score_target(marks, version, clause, one, found)


def _score_target(
    marks: Marks, version: Version, clause: Clause, one: Alternative, found: dict[Package, int]
) -> None:
    """Points go to the package of that name, and to each that provides it."""
    target = marks.universe.package(one.name, version.package.architecture)
    for package in {offer.version.package for offer in marks.offers(version, clause, one)}:
        planned = marks.of(package).planned
        own = package is target
        if (own and not one.operator) or any(
            offer.version is planned
            for offer in marks.offers(version, clause, one)
            if offer.version.package is package
        ):
            found[package] = found.get(package, 0) + _RELATION[clause.kind]


def _inherit(marks: Marks, package: Package, first: dict[Package, int], found: dict[Package, int]) -> None:
    """Points that a package has go to those that it needs."""
    version = marks.of(package).planned
    if version is None or first[package] <= 0:
        return
    for clause in version.clauses:
        if clause.kind in {Kind.PRE_DEPENDS, Kind.DEPENDS, Kind.RECOMMENDS}:
            for one in clause.alternatives:
                target = marks.universe.package(one.name, package.architecture)
                if target is not None and marks.of(target).planned is not None:
                    found[target] = found.get(target, 0) + first[package]


def _providers(marks: Marks, package: Package, packages: list[Package]) -> Iterator[Package]:
    for other in packages:
        version = marks.of(other).planned
        if (
            other is not package
            and version is not None
            and package.name in {one.name for one in version.provided}
        ):
            yield other


class Kill:
    """A package that is in the way of another, and the clause that it is about."""

    def __init__(self, package: Package, clause: Clause) -> None:
        self.package = package
        self.clause = clause


class Resolver:
    """One attempt to repair what is planned."""

    def __init__(self, marks: Marks, protected: set[Package]) -> None:
        self.marks = marks
        self.protected = protected
        self.to_remove: set[Package] = set()
        self._preinstalled: set[Package] = set()
        self._tried: set[Package] = set()
        self._scores: dict[Package, int] = {}
        self._round = 0
        self._changed = False
        self._kills: list[Kill] = []

    def resolve(self) -> bool:
        """Whether nothing is broken at the end."""
        marks = self.marks
        packages = self._start()
        for self._round in range(_ROUNDS):
            self._changed = False
            for package in packages:
                self._reinstate(package)
                if marks.of(package).planned is not None and marks.broken(package):
                    self._investigate(package)
            new = [package for package in affected(marks) if package not in self._scores]
            self._scores.update(dict.fromkeys(new, 0))
            packages += new
            self._changed |= bool(new)
            if not self._changed:
                break
        return not any(marks.broken(package) for package in affected(marks))

    def _start(self) -> list[Package]:
        marks = self.marks
        again = True
        while again:
            again = False
            for package in affected(marks):
                if marks.of(package).mode is not Mode.INSTALL and marks.broken(package):
                    marks.install(package, auto=False)
                    again |= marks.of(package).mode is Mode.INSTALL
        everything = in_order({*affected(marks), *marks.universe.current_packages()})
        self._preinstalled = {one for one in everything if marks.of(one).mode is Mode.INSTALL}
        self._scores = scores(marks, everything, self.protected)
        return sorted(self._scores, key=lambda package: -self._scores[package])

    def _reinstate(self, package: Package) -> None:
        """A package that was to be upgraded, and no longer is, may fit again."""
        marks, state = self.marks, self.marks.of(package)
        if state.candidate is state.planned or package.current is None or state.planned is None:
            return
        if package not in self._preinstalled or state.protected:
            return
        before = count_broken(marks)
        self._preinstalled.discard(package)
        self._tried.add(package)
        marks.install(package, auto=False)
        if marks.broken(package) or before < count_broken(marks):
            marks.keep(package)

    def _investigate(self, package: Package) -> None:
        self._kills = []
        version = self.marks.of(package).planned
        if version is None:
            return
        for clause in self.marks.clauses(version):
            planned = self.marks.of(package).planned
            if planned is not version:
                break
            if not clause.critical or self.marks.fulfilled(version, clause):
                continue
            if self._repair(package, version, clause):
                break
        if self.marks.of(package).planned is not None:
            for kill in self._kills:
                self._kill(package, kill)

    def _repair(self, package: Package, version: Version, clause: Clause) -> bool:
        """Try the alternatives of a clause. Whether the package itself has changed."""
        several = len(clause.alternatives) > 1
        before = len(self._kills)
        operation = Mode.DELETE
        for one in clause.alternatives:
            done, kept = self._try(package, version, clause, one, several=several)
            if kept:
                operation = Mode.KEEP
            if done and not several:
                return True
            if self.marks.fulfilled(version, clause):
                return False
        if several and len(self._kills) == before:
            self._unwind(package, operation)
            return self.marks.of(package).planned is not version
        return False

    def _unwind(self, package: Package, operation: Mode) -> None:
        if operation is Mode.KEEP:
            self.marks.keep(package)
            self._changed = True
        elif not self.marks.of(package).protected:
            self.marks.delete(package)
            self._changed = True

    def _try(
        self, package: Package, version: Version, clause: Clause, one: Alternative, *, several: bool
    ) -> tuple[bool, bool]:
        """Whether something was done, and whether keeping the package as it is would do."""
        marks, state = self.marks, self.marks.of(package)
        targets = list(dict.fromkeys(offer.version for offer in marks.offers(version, clause, one)))
        if not targets and not clause.negative and not state.protected:
            return self._without_target(package, several=several)
        for target in targets:
            if clause.negative and marks.of(target.package).planned is not target:
                continue
            weaker = self._scores.get(package, 0) <= self._scores.get(target.package, 0)
            if weaker or not (clause.negative or marks.meets(version, clause, one, Which.NOW)):
                if state.protected:
                    if self._upgrade(target.package):
                        self._scores[target.package] = min(
                            self._scores.get(target.package, 0), self._scores.get(package, 0)
                        )
                        break
                    continue
                return True, self._give_way(package, target.package, one, several=several)
            if self._take_over(target.package, version, clause):
                break
        return False, False

    def _without_target(self, package: Package, *, several: bool) -> tuple[bool, bool]:
        marks, state = self.marks, self.marks.of(package)
        was_broken = marks.was(package, critical=True)
        if not was_broken and several:
            return False, False
        installed = state.mode is Mode.INSTALL
        marks.keep(package)
        self._changed = True
        if not was_broken or not marks.broken(package):
            if several and installed:
                marks.install(package, auto=False)
            return True, True
        if not several:
            marks.delete(package)
        return True, False

    def _give_way(self, package: Package, target: Package, one: Alternative, *, several: bool) -> bool:
        """The package is weaker: it stays as it is, or it goes. Whether it can stay."""
        marks, state = self.marks, self.marks.of(package)
        installed = state.mode is Mode.INSTALL
        marks.keep(package)
        self._changed = True
        if not marks.broken(package):
            if several and installed:
                marks.install(package, auto=False)
            return True
        if self._upgrade(package):
            return False
        if not several:
            marks.delete(package)
            if self._round > 1:
                self._scores[package] = max(self._scores.get(package, 0), self._scores.get(target, 0))
        else:
            self._install_instead(one, package)
        return False

    def _install_instead(self, one: Alternative, package: Package) -> None:
        """A package that was not installed may fulfil the clause."""
        marks = self.marks
        target = marks.universe.package(one.name, package.architecture)
        if target is None or target.current is not None or target in self.to_remove:
            return
        if marks.of(target).candidate is None or marks.of(target).mode is Mode.DELETE:
            return
        before = count_broken(marks)
        marks.install(target, auto=True, depth=1)
        if marks.broken(target) or count_broken(marks) > before:
            marks.delete(target)

    def _take_over(self, target: Package, version: Version, clause: Clause) -> bool:
        """The other package is weaker: it is upgraded, or it goes. Whether that is enough."""
        marks, state = self.marks, self.marks.of(target)
        if clause.kind is Kind.BREAKS and marks.fulfilled(version, clause, Which.CANDIDATE):
            marks.install(target, auto=False)
            return False
        if state.protected and state.mode is not Mode.DELETE:
            return False
        self._kills.append(Kill(target, clause))
        return not clause.negative

    def _kill(self, package: Package, kill: Kill) -> None:
        marks = self.marks
        version = marks.of(package).planned
        if version is None:
            return
        if not marks.fulfilled(version, kill.clause, Which.NOW):
            found = kill.clause.negative and marks.delete(kill.package)
        else:
            found = marks.keep(kill.package)
        mine, other = self._scores.get(package, 0), self._scores.get(kill.package, 0)
        if (not found or self._round > 1) and mine > other:
            self._scores[kill.package] = mine
            self._changed = True
        self._changed |= found

    def _upgrade(self, package: Package, depth: int = 0) -> bool:
        """Install a package, and upgrade what that needs."""
        marks, state = self.marks, self.marks.of(package)
        if package in self._tried or not state.upgradable or package in self.protected:
            return False
        self._tried.add(package)
        kept = state.mode is Mode.KEEP
        if not marks.install(package, auto=False) or state.planned is None or depth > _DEEPEST:
            return False
        version = state.planned
        for clause in marks.clauses(version):
            if clause.critical and not self._upgrade_for(version, clause, depth):
                if kept:
                    marks.keep(package)
                else:
                    marks.delete(package)
                return False
        return True

    def _upgrade_for(self, version: Version, clause: Clause, depth: int) -> bool:
        marks = self.marks
        failed = False
        for one in clause.alternatives:
            if marks.fulfilled(version, clause):
                return not failed
            target = self._target(version, one)
            if target is None or marks.of(target).protected:
                failed = True
            elif self._would_do(version, clause, one):
                if self._upgrade(target, depth + 1):
                    return True
                failed = True
            elif clause.negative:
                return not failed
            else:
                failed = True
        return not failed

    def _would_do(self, version: Version, clause: Clause, one: Alternative) -> bool:
        return self.marks.meets(version, clause, one, Which.CANDIDATE) is not clause.negative

    def _target(self, version: Version, one: Alternative) -> Package | None:
        """The package of that name, or the first that provides it."""
        own = self.marks.universe.package(one.name, version.package.architecture)
        if own is not None:
            return own
        offers = self.marks.universe.offers(one, version.package, negative=False)
        others = (offer.version.package for offer in offers)
        return next((other for other in others if other is not version.package), None)


_DEEPEST = 100


def changed(marks: Marks) -> list[State]:
    """The packages that will have another version than now, in apt's order."""
    found = [state for state in marks.touched() if state.planned is not state.package.current]
    order = {package: number for number, package in enumerate(in_order(state.package for state in found))}
    return sorted(found, key=lambda state: order[state.package])
