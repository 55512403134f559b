"""The commands: install, upgrade, dist-upgrade, remove. What each plans, before it is resolved."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from freshlayer.packages.apt.marks import Marks
from freshlayer.packages.apt.preferences import release_matches
from freshlayer.packages.apt.relations import Clause, Kind
from freshlayer.packages.apt.resolver import Resolver, affected, scores
from freshlayer.packages.apt.states import Mode
from freshlayer.packages.apt.universe import Package, Version
from freshlayer.packages.apt.words import Wanted


class Switches(Struct, frozen=True):
    """What options change of a command."""

    upgrade: bool = True
    only_upgrade: bool = False


def install(marks: Marks, wanted: Wanted, switches: Switches) -> set[Package]:
    """Plan what words want, and what that needs; the packages that are protected from now on."""
    protected = {version.package for version in wanted.install} | set(wanted.remove)
    _remove(marks, wanted.remove)
    later: list[Package] = []
    for version in wanted.install:
        package = version.package
        marks.set_candidate(version)
        if package.current is not None and not switches.upgrade:
            continue
        if package.current is None and switches.only_upgrade:
            continue
        marks.of(package).protected = True
        marks.install(package, auto=False, user=True)
        later.append(package)
    for version, release in wanted.releases.items():
        switch_release(marks, version, release)
    for package in later:
        marks.install(package, auto=True, user=True)
    return protected


def _remove(marks: Marks, packages: Sequence[Package] | dict[Package, str]) -> None:
    for package in packages:
        marks.of(package).protected = True
        if package.current is None:
            package.held = True
        else:
            marks.delete(package, user=True)


def resolve(marks: Marks, protected: set[Package], removed: set[Package] | None = None) -> bool:
    """Repair what does not fit together. Whether nothing is broken at the end."""
    if not any(marks.broken(package) for package in affected(marks)):
        return True
    resolver = Resolver(marks, protected)
    resolver.to_remove = removed or set()
    return resolver.resolve()


def upgrade(marks: Marks, protected: set[Package], *, new: bool) -> bool:
    """Upgrade what can be without removing anything, and without new packages unless ``new``."""
    installed = marks.universe.current_packages()
    for package in installed:
        if not package.held and marks.of(package).planned is not None:
            marks.install(package, auto=False)
    if new:
        for package in installed:
            if marks.of(package).mode is Mode.INSTALL:
                marks.install(package, auto=True)
        for state in marks.touched():
            if state.mode is Mode.DELETE:
                marks.keep(state.package)
    _hold_back(marks, protected)
    return not any(marks.broken(package) for package in affected(marks))


def _is_worse(marks: Marks, package: Package) -> bool:
    """Whether a package is broken, or lacks what it recommends and had."""
    if marks.broken(package):
        return True
    return marks.incomplete(package) and not marks.was(package, critical=False)


def _hold_back(marks: Marks, protected: set[Package]) -> None:
    """Keep packages as they are until nothing is worse than before."""
    packages = affected(marks)
    found = scores(marks, packages, protected)
    order = sorted(packages, key=lambda package: -found[package])
    stopped_at: Package | None = None
    again = True
    while again:
        again = False
        for package in order:
            if marks.of(package).planned is None or not _is_worse(marks, package):
                continue
            if not marks.of(package).protected:
                marks.keep(package)
                if not _is_worse(marks, package):
                    again = True
                    break
            _keep_others(marks, package)
            if _is_worse(marks, package):
                continue
            if package is stopped_at:
                return
            stopped_at, again = package, True
            break


def _keep_others(marks: Marks, package: Package) -> None:
    """Keep the packages that the broken clauses of a package are about."""
    version = marks.of(package).planned
    for clause in marks.clauses(version) if version is not None else ():
        if version is None or not clause.critical or marks.fulfilled(version, clause):
            continue
        for one in clause.alternatives:
            for offer in list(marks.offers(version, clause, one)):
                other = offer.version.package
                if marks.of(other).planned is not None and other.current is not None:
                    marks.keep(other)
                if not _is_worse(marks, package):
                    return


def dist_upgrade(marks: Marks) -> bool:
    """Upgrade all, with new packages and removals where they are needed."""
    installed = marks.universe.current_packages()
    for auto in (False, True):
        for package in installed:
            marks.install(package, auto=auto)
    for package in marks.universe.essential():
        group = marks.universe.group(package.name).values()
        if not any(marks.of(sibling).mode is Mode.INSTALL for sibling in group):
            marks.install(package, auto=True)
    for package in installed:
        marks.install(package, auto=False)
    protected = {package for package in installed if package.held}
    for package in protected:
        marks.of(package).protected = True
        marks.keep(package)
    return resolve(marks, protected)


def switch_release(marks: Marks, version: Version, release: str) -> bool:
    """Take candidates from a release, for a package and for what it needs of that release.

    As apt does, it stops at the first dependency that no candidate of the release helps, and keeps what it
    has switched until then.
    """
    return _switch(marks, version, release, set(), 0)


_DEEPEST = 200


def _switch(marks: Marks, version: Version, release: str, changed: set[Version], depth: int) -> bool:
    changed.add(version)
    marks.set_candidate(version)
    for clause in marks.clauses(version):
        if clause.negative or _is_fine(marks, version, clause):
            continue
        switched = depth < _DEEPEST and _switch_one(marks, version, clause, release, changed, depth)
        if not switched and clause.kind in {Kind.PRE_DEPENDS, Kind.DEPENDS}:
            return False
    return True


def _is_fine(marks: Marks, version: Version, clause: Clause) -> bool:
    for one in clause.alternatives:
        for offer in marks.offers(version, clause, one):
            found = offer.version
            if found is found.package.current:
                return True
            if marks.of(found.package).candidate is found and _is_complete(marks, found):
                return True
    return False


def _is_complete(marks: Marks, version: Version) -> bool:
    """Whether all that it needs is there already."""
    return all(not clause.critical or marks.fulfilled(version, clause) for clause in marks.clauses(version))


def _switch_one(
    marks: Marks, version: Version, clause: Clause, release: str, changed: set[Version], depth: int
) -> bool:
    """Another candidate of a package with a versioned relation may fulfil a clause."""
    for one in clause.alternatives:
        target = marks.universe.package(one.name, version.package.architecture) if one.operator else None
        found = _of_release(marks, target, release) if target is not None else None
        if found is None or found not in {offer.version for offer in marks.offers(version, clause, one)}:
            continue
        if found in changed:
            return True
        before = marks.of(found.package).candidate
        if _switch(marks, found, release, changed, depth + 1):
            return True
        if one is not clause.alternatives[-1] and before is not None:
            marks.set_candidate(before)
    return False


def _of_release(marks: Marks, package: Package, release: str) -> Version | None:
    files = marks.universe.files
    for version in package.versions:
        if any(release_matches(release, files[number].origin) for number in version.origins):
            return version
    return None
