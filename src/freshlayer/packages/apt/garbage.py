"""New packages that were marked for others, and that nothing needs in the end: apt does not install them."""

from __future__ import annotations

from collections.abc import Iterator

from freshlayer.packages.apt.marks import Marks
from freshlayer.packages.apt.states import Mode, State
from freshlayer.packages.apt.universe import Package, Version


def forget_unneeded(marks: Marks) -> None:
    """Take back the new packages that no package depends on, recommends or suggests."""
    if not marks.retracted:
        return
    new = [state for state in marks.touched() if _is_new(state)]
    needed = _needed(marks, new)
    taken_back = [state for state in new if state.package not in needed]
    for state in taken_back:
        marks.delete(state.package)
    if taken_back and _lacks_something(marks):
        for state in taken_back:
            if _is_named(marks, state):
                marks.install(state.package, auto=False)


def _lacks_something(marks: Marks) -> bool:
    """Whether any package lacks what it depends on or recommends: only then apt looks at it again."""
    packages = [state.package for state in marks.touched()]
    return any(marks.incomplete(package) for package in [*packages, *marks.universe.current_packages()])


def _is_named(marks: Marks, state: State) -> bool:
    """Whether a relation of a package that stays names the package, of whatever version."""
    if state.candidate is None:
        return False
    names = {state.package.name, *(one.name for one in state.candidate.provided)}
    keys = {key: None for name in names for key in marks.universe.installed.mentioning(name)}
    packages = [marks.universe.installed_package(key) for key in keys]
    packages += [other.package for other in marks.touched() if other.mode is Mode.INSTALL]
    return any(_names_one(marks, package, names) for package in packages if package is not None)


def _names_one(marks: Marks, package: Package, names: set[str]) -> bool:
    version = marks.of(package).planned
    return version is not None and any(
        one.name in names
        for clause in marks.clauses(version)
        if not clause.negative
        for one in clause.alternatives
    )


def _is_new(state: State) -> bool:
    return state.mode is Mode.INSTALL and state.package.current is None


def _needed(marks: Marks, new: list[State]) -> set[Package]:
    names = _names(new)
    open_ = list(_roots(marks, new, names))
    needed = {version.package for version in open_}
    while open_:
        for version in _followed(marks, open_.pop(), names):
            if version.package not in needed:
                needed.add(version.package)
                open_.append(version)
    return needed


def _names(new: list[State]) -> set[str]:
    """The names under which something may need a new package."""
    versions = [state.planned for state in new if state.planned is not None]
    provided = {one.name for version in versions for one in version.provided}
    return provided | {version.package.name for version in versions}


def _roots(marks: Marks, new: list[State], names: set[str]) -> Iterator[Version]:
    """What was named, and what is installed and stays."""
    for state in new:
        wanted = not state.automatic or state.package.essential or state.package.important
        if wanted and state.planned is not None:
            yield state.planned
    installed = marks.universe.installed
    keys = {key: None for name in names for key in installed.mentioning(name)}
    packages = [marks.universe.installed_package(key) for key in keys]
    packages += [state.package for state in marks.touched() if state.package.current is not None]
    for package in dict.fromkeys(packages):
        planned = marks.of(package).planned if package is not None else None
        if planned is not None:
            yield planned


def _followed(marks: Marks, version: Version, names: set[str]) -> Iterator[Version]:
    for clause in version.clauses:
        if clause.negative:
            continue
        for one in clause.alternatives:
            for offer in marks.offers(version, clause, one) if one.name in names else ():
                state = marks.of(offer.version.package)
                if state.planned is offer.version and _is_new(state):
                    yield offer.version
