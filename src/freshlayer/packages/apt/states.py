"""What is planned for each package: the state that commands and the resolver change."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from freshlayer.packages.apt.relations import Alternative, Clause, Kind, clause_of
from freshlayer.packages.apt.universe import Offer, Package, Universe, Version


class Mode(Enum):
    """What is planned."""

    KEEP = 0
    INSTALL = 1
    DELETE = 2


class Which(Enum):
    """Of which version of each package a question is: the present one, the planned one, the candidate."""

    NOW = 0
    PLANNED = 1
    CANDIDATE = 2


class State:
    """Of one package. ``planned``: the version that it will have. ``because``: the package that wants it.

    ``known``: the candidate that relations of other packages see: apt notes a candidate that is given up
    only with the next change of the package.
    """

    __slots__ = ("automatic", "because", "candidate", "known", "mode", "package", "planned", "protected")

    def __init__(self, package: Package, candidate: Version | None, *, automatic: bool) -> None:
        self.package = package
        self.candidate = candidate
        self.known = candidate
        self.planned = package.current
        self.mode = Mode.KEEP
        self.protected = False
        self.automatic = automatic
        self.because: Package | None = None

    @property
    def new(self) -> bool:
        """Whether it is not installed, or can't be."""
        return self.package.current is None or self.candidate is None

    @property
    def upgradable(self) -> bool:
        """Whether the candidate is a step forward."""
        if self.candidate is None:
            return False
        return self.package.current is None or self.candidate.key > self.package.current.key


class States:
    """The states of all packages that were looked at."""

    def __init__(self, universe: Universe, *, recommends: bool, suggests: bool) -> None:
        self.universe = universe
        self._important = {Kind.RECOMMENDS: recommends, Kind.SUGGESTS: suggests}
        self._states: dict[Package, State] = {}
        self._clauses: dict[Version, tuple[Clause, ...]] = {}
        self._arriving: set[str] = set()
        self._offers: dict[tuple[Alternative, str], list[Offer]] = {}

    def of(self, package: Package) -> State:
        """The state of a package."""
        state = self._states.get(package)
        if state is None:
            candidate = self.universe.candidate(package)
            automatic = any(
                status.automatic
                for status in self.universe.installed.of(package.name)
                if package.current is not None and status.record is package.current.record
            )
            state = self._states[package] = State(package, candidate, automatic=automatic)
        return state

    def touched(self) -> list[State]:
        """The states of the packages that are installed, or will be or were to be."""
        return [state for state in self._states.values() if state.planned or state.package.current]

    def important(self, clause: Clause) -> bool:
        """Whether apt follows a relation."""
        return clause.critical or self._important.get(clause.kind, False)

    def clauses(self, version: Version) -> tuple[Clause, ...]:
        """The relations of a version; with several architectures also those with its siblings."""
        found = self._clauses.get(version)
        if found is None:
            own = tuple(clause for clause in version.clauses if self.important(clause))
            found = self._clauses[version] = (*own, *self._siblings(version))
        return found

    def _siblings(self, version: Version) -> Iterator[Clause]:
        """Packages of one name for several architectures: in step where they are ``same``, else one alone."""
        package = version.package
        if len(self.universe.architectures) == 1:
            return
        for architecture in self.universe.group(package.name):
            if architecture == package.architecture:
                continue
            if version.same:
                other = Alternative(package.name, architecture, "!=", version.version)
                yield clause_of(Kind.BREAKS, (other,), implicit=True)
            else:
                yield clause_of(Kind.CONFLICTS, (Alternative(package.name, architecture),), implicit=True)

    def offers(self, version: Version, clause: Clause, alternative: Alternative) -> list[Offer]:
        """The versions that fulfil an alternative; of a negative clause, those that it forbids.

        The former are the same for all packages of an architecture.
        """
        if clause.negative:
            found = self.universe.offers(alternative, version.package, negative=True)
            return [it for it in found if it.fulfils(alternative) and not _ignored(version, clause, it)]
        key = (alternative, version.package.architecture)
        known = self._offers.get(key)
        if known is None:
            found = self.universe.offers(alternative, version.package, negative=False)
            known = self._offers[key] = [offer for offer in found if offer.fulfils(alternative)]
        return known

    def chosen(self, package: Package, which: Which) -> Version | None:
        """A version of a package."""
        if which is Which.NOW:
            return package.current
        state = self.of(package)
        return state.planned if which is Which.PLANNED else state.known

    def meets(self, version: Version, clause: Clause, alternative: Alternative, which: Which) -> bool:
        """Whether one of the versions that an alternative means is the chosen one."""
        if which is not Which.CANDIDATE and not self._may_be_there(alternative.name):
            return False
        for offer in self.offers(version, clause, alternative):
            if self.chosen(offer.version.package, which) is offer.version:
                return True
        return False

    def arrives(self, version: Version) -> None:
        """Note that a version is planned."""
        self._arriving.add(version.package.name)
        self._arriving.update(one.name for one in version.provided)

    def _may_be_there(self, name: str) -> bool:
        """Whether a name is that of a package that is installed or planned: of others nothing is read."""
        return name in self._arriving or self.universe.installed.knows(name)

    def fulfilled(self, version: Version, clause: Clause, which: Which = Which.PLANNED) -> bool:
        """Whether a clause holds."""
        for one in clause.alternatives:
            if self.meets(version, clause, one, which):
                return not clause.negative
        return clause.negative

    def broken(self, package: Package) -> bool:
        """Whether the planned version lacks something, or meets what it must not."""
        version = self.of(package).planned
        return version is not None and any(
            clause.critical and not self.fulfilled(version, clause) for clause in self.clauses(version)
        )

    def incomplete(self, package: Package) -> bool:
        """The same, with what is recommended, where apt follows that."""
        version = self.of(package).planned
        return version is not None and not all(
            self.fulfilled(version, clause) for clause in self.clauses(version)
        )

    def was(self, package: Package, *, critical: bool) -> bool:
        """Whether the version that is installed now is broken, or incomplete, before any change."""
        version = package.current
        return version is not None and any(
            (clause.critical or not critical) and not self.fulfilled(version, clause, Which.NOW)
            for clause in self.clauses(version)
        )


def _ignored(version: Version, clause: Clause, offer: Offer) -> bool:
    """A package is not in conflict with itself, nor with what it provides."""
    if version.package.name != offer.version.package.name:
        return clause.implicit and not offer.own
    if not offer.own:
        return True
    if version.package is offer.version.package:
        return True
    return version.same and not clause.implicit
