"""What a solver knows of each name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from freshlayer.packages.apk.dependencies import Dependency
from freshlayer.packages.apk.universe import Package, Provider, Universe


class Name:
    """``order``: a name has a higher one than what its packages depend on.

    ``required``: whether something needs it. ``decided``: for ``chosen``, or for no package. ``marked``: the
    command line names it. ``doubtful``: whether its options have to be checked again. ``urgency``:
    the name with the lowest is decided next.
    """

    def __init__(self, name: str, providers: list[Provider]) -> None:
        self.name, self.providers, self.order = name, providers, 0
        self.required = self.decided = self.marked = self.doubtful = self.is_queued = False
        self.chosen: Provider | None = None
        self.urgency = (True, True, True, True, 0)
        self.is_real = any(one.package.name == name for one in providers)

    @property
    def options(self) -> list[Provider]:
        """The providers that are not ruled out."""
        return [one for one in self.providers if one.package.usable]

    @property
    def is_triggered(self) -> bool:
        """Whether a package of it is installed by itself."""
        return any(one.package.triggered for one in self.options)


class Names:
    """The names that constraints reach, with who depends on each."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._names: dict[str, Name] = {}
        self._users: dict[str, dict[str, None]] = {}
        self._order = 0

    def __getitem__(self, name: str) -> Name:
        if name not in self._names:
            self._discover(name)
        return self._names[name]

    def _discover(self, start: str) -> None:
        """Look at a name, and before at all that its packages depend on."""
        stack = [(start, self._look(start))]
        while stack:
            name, needs = stack[-1]
            following = next((need for need in needs if need not in self._names), None)
            if following is None:
                self._order += 1
                self._names[name].order = self._order
                stack.pop()
            else:
                stack.append((following, self._look(following)))

    def _look(self, name: str) -> Iterator[str]:
        self._names[name] = state = Name(name, self._universe.providers(name))
        needs: dict[str, None] = {}
        for one in state.providers:
            needs |= dict.fromkeys(dependency.name for dependency in one.package.depends)
        for need in needs:
            self._users.setdefault(need, {})[name] = None
        return iter(needs)

    def users(self, package: Package) -> Iterator[Name]:
        """The names with a package that depends on a name of this one."""
        for name in all_names(package):
            yield from self.users_of(name)

    def users_of(self, name: str) -> Iterator[Name]:
        """The names with a package that depends on ``name``."""
        return (self._names[user] for user in self._users.get(name, ()))

    def conditional(self, names: Iterable[str]) -> Iterator[Package]:
        """The packages whose install_if names one of ``names``."""
        found = dict.fromkeys(one for name in names for one in self._universe.conditional(name))
        for name in found:
            own = (one.package for one in self[name].providers if one.package.name == name)
            yield from (package for package in own if package.conditions)

    def is_met(self, dependency: Dependency, of: Package | None = None) -> bool:
        """Whether what was chosen meets a dependency."""
        chosen = self[dependency.name].chosen
        return dependency.conflict if chosen is None else chosen.meets(dependency, of)

    def can_be_met(self, dependency: Dependency, of: Package) -> bool:
        """Whether it is, or still may be."""
        name = self[dependency.name]
        if name.decided:
            return self.is_met(dependency, of)
        if dependency.conflict and not name.required:
            return True
        return any(one.meets(dependency, of) for one in name.options)


def all_names(package: Package) -> dict[str, str | None]:
    """The names that a package has, its own first, each with its version."""
    provided = {one.name: one.version or None for one in package.provides}
    return {
        package.name: package.version,
        **{name: v for name, v in provided.items() if name != package.name},
    }
