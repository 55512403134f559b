"""The packages that fulfil a world of constraints, as apk chooses them. Pure.

Nothing that was chosen is taken back. What follows from the constraints is drawn first: what can't be
installed is ruled out, what every option of a name needs is required. Then one name is decided, the one that
has no choice left before the one that has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

from freshlayer.packages.apk.dependencies import Dependency
from freshlayer.packages.apk.marks import NONE, Marks
from freshlayer.packages.apk.names import Name, Names, all_names
from freshlayer.packages.apk.preference import is_better
from freshlayer.packages.apk.reached import Solution, Unsolvable, solution
from freshlayer.packages.apk.universe import Package, Provider, Universe

_MOST_STEPS = 200_000
_Urgency = tuple[bool, bool, bool, bool, int]


class Solver:
    """One solution for one world. ``marks``: of all that the world names."""

    def __init__(self, universe: Universe, marks: Marks = NONE) -> None:
        self._names = Names(universe)
        self._marks = marks
        self._dirty: deque[Name] = deque()
        self._open: list[tuple[_Urgency, str]] = []
        self._conditional: dict[Package, None] = {}
        self._triggered: list[Package] = []
        self._clashes: list[Unsolvable] = []
        self._marked: list[tuple[str, Marks, bool]] = []

    def mark(self, name: str, marks: Marks, *, inherited: bool = False) -> None:
        """What the command line sets for the packages of one name, and for what they need."""
        self._marked.append((name, marks, inherited))

    def solve(self, world: Iterable[Dependency]) -> Solution:
        """The packages that the world needs."""
        constraints = sorted(world, key=lambda one: (one.name.lower(), one.name))
        for constraint in constraints:
            self._names[constraint.name]
        for name, marks, inherited in self._marked:
            _set(self._names[name], marks, inherited=inherited)
        for constraint in constraints:
            self._constrain(constraint, None)
        for _ in range(_MOST_STEPS):
            if not self._advance():
                return solution(self._names, constraints, self._triggered, self._clashes)
        return Solution(problems=(Unsolvable(""),))

    def _advance(self) -> bool:
        if self._dirty:
            name = self._dirty.popleft()
            name.is_queued = False
            self._revisit(name)
        elif self._open:
            urgency, text = heappop(self._open)
            name = self._names[text]
            if not name.decided and urgency == name.urgency:
                self._decide(name)
        else:
            return self._trigger_by_absence()
        return True

    # What follows from a constraint.

    def _constrain(self, constraint: Dependency, of: Package | None) -> None:
        name = self._names[constraint.name]
        if not constraint.conflict:
            self._require(name)
        for one in name.providers:
            if one.meets(constraint, of):
                self._inherit(one.package, of, constraint.tag)
            else:
                one.package.conflicts += 1
                self._rule_out(one.package)

    def _require(self, name: Name) -> None:
        if not name.required:
            name.required = True
            self._queue(name)

    def _inherit(self, package: Package, of: Package | None, tag: str) -> None:
        if of is None:
            package.marks |= self._marks
            package.inherited |= self._marks
            package.allowed.add(tag)
            package.preferred = tag in package.tags
        else:
            package.marks |= of.inherited
            package.inherited |= of.inherited
            package.allowed |= of.allowed
        package.fitting = package.fitting or bool(package.tags & package.allowed)

    def _rule_out(self, package: Package) -> None:
        if not package.usable:
            return
        package.usable = False
        for user in self._names.users(package):
            self._doubt(user)
        for name in all_names(package):
            self._queue(self._names[name])

    def _doubt(self, name: Name) -> None:
        name.doubtful = True
        self._queue(name)

    def _queue(self, name: Name) -> None:
        if name.required and not name.decided and not name.is_queued:
            name.is_queued = True
            self._dirty.append(name)

    def _reopen(self, name: Name) -> None:
        """Its turn comes the earlier, the less there is to choose."""
        chooses_itself = name.is_triggered or any(self._chooses_itself(one) for one in name.options)
        is_forced = chooses_itself and name.required and self._is_forced(name)
        name.urgency = (not is_forced, not chooses_itself, not name.marked, not name.is_real, -name.order)
        heappush(self._open, (name.urgency, name.name))

    def _is_forced(self, name: Name) -> bool:
        """Whether there is nothing to choose, and no name that depends on it is still open."""
        options = name.options
        if len(options) != 1 or not options[0].package.fitting:
            return False
        return all(user.decided for user in self._names.users_of(name.name))

    def _revisit(self, name: Name) -> None:
        """Draw what follows from the options that a required name has left."""
        if name.decided:
            return
        if name.doubtful:
            name.doubtful = False
            for one in name.options:
                if not all(self._names.can_be_met(need, one.package) for need in one.package.depends):
                    self._rule_out(one.package)
        options = name.options
        if len(options) == 1:
            for need in options[0].package.depends:
                self._constrain_once(need, options[0].package)
        elif options:
            self._require_common(options)
        self._rule_out_others(name, options)
        self._reopen(name)

    def _constrain_once(self, need: Dependency, package: Package) -> None:
        if need not in package.applied:
            package.applied.add(need)
            self._constrain(need, package)

    def _require_common(self, options: list[Provider]) -> None:
        first, *others = ({need.name for need in one.package.depends if not need.conflict} for one in options)
        for need in options[0].package.depends:
            if need.name in first and all(need.name in other for other in others):
                name = self._names[need.name]
                if not name.required:
                    self._require(name)
                    for one in name.providers:
                        self._inherit(one.package, options[0].package, "")

    def _rule_out_others(self, name: Name, options: list[Provider]) -> None:
        """Where all options have another name too, only what has both can have that name.

        Where one of them has it without a version, this holds for what has it with one.
        """
        having = [all_names(one.package) for one in options]
        for other in having[0] if having else ():
            if other == name.name or not all(other in names for names in having):
                continue
            shared = any(names[other] is None for names in having)
            for one in self._names[other].options:
                names = all_names(one.package)
                if name.name not in names and not (shared and None in names.values()):
                    self._rule_out(one.package)

    # Decisions.

    def _decide(self, name: Name) -> None:
        best: Provider | None = None
        for one in name.providers:
            if self._may_be_chosen(name, one) and (best is None or is_better(one, best)):
                best = one
        if best is None:
            self._assign(name, None)
            return
        package = best.package
        if not (package.usable and package.fitting):
            self._clashes.append(Unsolvable(name.name, "", exists=True))
        for own, version in all_names(package).items():
            self._assign(self._names[own], Provider(package, version))
        for need in package.depends:
            self._constrain_once(need, package)

    def _may_be_chosen(self, name: Name, one: Provider) -> bool:
        package = one.package
        if not name.required and not (package.triggered and package.fitting and package.usable):
            return False
        return self._chooses_itself(one)

    def _chooses_itself(self, one: Provider) -> bool:
        """A name without a version is chosen by the name of its package, or where a priority is stated."""
        return one.version is not None or one.package.priority > 0 or self._names[one.package.name].required

    def _assign(self, name: Name, provider: Provider | None) -> None:
        if name.decided:
            self._clash(name, provider)
            return
        name.decided, name.chosen = True, provider
        package, version = provider or (None, None)
        for one in name.providers:
            if one.package is not package and not (version is None and one.version is None):
                self._rule_out(one.package)
        for user in self._names.users_of(name.name):
            self._doubt(user)
        for package in self._names.conditional([name.name]):
            self._try_condition(package)

    def _clash(self, name: Name, provider: Provider | None) -> None:
        chosen = name.chosen
        if provider is None or chosen is None or provider.package is chosen.package:
            return
        if provider.version is not None or chosen.version is not None:
            self._clashes.append(Unsolvable(f"!{name.name}", provider.package.name))

    # Packages that are installed by themselves.

    def _try_condition(self, package: Package) -> None:
        if package.triggered or not package.usable:
            return
        if not all(self._names[one.name].decided for one in package.conditions):
            self._conditional[package] = None
        elif not all(self._names.is_met(one, package) for one in package.conditions):
            return
        elif all(self._names.can_be_met(need, package) for need in package.depends):
            self._trigger(package)
        else:
            self._rule_out(package)

    def _trigger(self, package: Package) -> None:
        package.triggered = True
        self._triggered.append(package)
        for one in package.conditions:
            chosen = self._names[one.name].chosen
            if chosen is not None:
                self._inherit(package, chosen.package, "")
        self._reopen(self._names[package.name])

    def _trigger_by_absence(self) -> bool:
        """A condition on what is not installed counts once nothing else is to be decided."""
        for package in list(self._conditional):
            missing = [one for one in package.conditions if not self._names[one.name].decided]
            met = [one for one in package.conditions if one not in missing]
            if (
                package.usable
                and not package.triggered
                and all(one.conflict for one in missing)
                and all(self._names.is_met(one, package) for one in met)
            ):
                del self._conditional[package]
                for one in missing:
                    self._assign(self._names[one.name], None)
                self._try_condition(package)
                return True
        return False


def _set(name: Name, marks: Marks, *, inherited: bool) -> None:
    name.marked = True
    for one in name.providers:
        one.package.marks |= marks
        if inherited:
            one.package.inherited |= marks
