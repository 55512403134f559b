"""What is installed in a root, and what a command makes of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.packages import Index, PackageAction, PackageCommand
from freshlayer.packages.apk.dependencies import Dependency, parsed
from freshlayer.packages.apk.marks import Marks
from freshlayer.packages.apk.reached import Solution, Unsolvable
from freshlayer.packages.apk.records import Record, records
from freshlayer.packages.apk.solver import Solver
from freshlayer.packages.apk.universe import Package, Universe

_LONG = {"t": "virtual", "u": "upgrade", "l": "latest", "a": "available", "X": "repository", "r": "rdepends"}
_WILD = re.compile(r"[*?\[]")


class Root(Struct, frozen=True):
    """``world``: the constraints of ``/etc/apk/world``. ``virtual``: names made by ``apk add --virtual``."""

    world: tuple[Dependency, ...] = ()
    installed: tuple[Record, ...] = ()
    virtual: frozenset[str] = frozenset()


class Installed(Struct, frozen=True):
    """A package that a command installs, ``before``: in place of which version; ``word``: that names it."""

    record: Record
    wanted_by: str = ""
    word: str = ""
    before: str = ""


class Outcome(Struct, frozen=True):
    """``root``: unchanged where there are ``problems``. ``installed``: what is new in it."""

    root: Root
    installed: tuple[Installed, ...] = ()
    problems: tuple[Unsolvable, ...] = ()


def root_of(world: str, database: str) -> Root:
    """From the text of ``/etc/apk/world`` and of ``lib/apk/db/installed``."""
    constraints = {one.name: one for word in world.split() if (one := parsed(word)) is not None}
    installed = tuple(records(line.encode() for line in database.splitlines()))
    # A package that apk made itself has neither an origin nor a dependency on bytes of a repository.
    virtual = frozenset(one.name for one in installed if one.name.startswith(".") and not one.origin)
    return Root(tuple(constraints.values()), installed, virtual)


def options_of(command: PackageCommand) -> dict[str, str]:
    """The options of a command by their long names; the last of a name counts."""
    return {_LONG.get(name, name): value for name, value in command.options}


def performed(root: Root, command: PackageCommand, indexes: Sequence[tuple[Index, str]]) -> Outcome:
    """What a command installs with these indexes, and the root that it leaves."""
    return _ACTIONS.get(command.action, _nothing)(root, command, indexes)


_Indexes = Sequence[tuple[Index, str]]


def _nothing(root: Root, _command: PackageCommand, _indexes: _Indexes) -> Outcome:
    return Outcome(root)


def _added(root: Root, command: PackageCommand, indexes: _Indexes) -> Outcome:
    options = options_of(command)
    marks = Marks(upgrade="upgrade" in options, latest="latest" in options)
    # A package file is reported by itself: what it depends on is not known before the build.
    words = [word for word in command.words if not word.endswith(".apk")]
    wanted = tuple(one for word in words if (one := parsed(word)) is not None)
    if len(wanted) < len(words):
        wrong = next(word for word in words if parsed(word) is None)
        return Outcome(root, problems=(Unsolvable(wrong, exists=False),))
    if command.unlisted is not None:
        own = Universe(indexes, _packages(root))
        wanted = tuple(one for one in wanted if one.conflict or _is_offered(own, one))
    named = {one.name: one.text for one in wanted if not one.conflict}
    before = root
    if options.get("virtual"):
        root, wanted = _with_virtual(root, options["virtual"], wanted)
    changed = replace(root, world=_with(root.world, wanted))
    solver = Solver(Universe(indexes, _packages(changed)))
    for one in wanted:
        solver.mark(one.name, marks, inherited=True)
    return _outcome(before, changed, solver.solve(changed.world), named)


def _is_offered(universe: Universe, one: Dependency) -> bool:
    return any(provider.meets(one) for provider in universe.providers(one.name))


def _with_virtual(
    root: Root, word: str, wanted: tuple[Dependency, ...]
) -> tuple[Root, tuple[Dependency, ...]]:
    """A package of our own that depends on what is wanted; the clock is its version, where none is stated."""
    stated = parsed(word) or Dependency(word)
    name, version = stated.name, stated.version or str(1 + len(root.virtual))
    record = Record(name, version, f"virtual {name} {version}", depends=tuple(one.text for one in wanted))
    others = tuple(one for one in root.installed if one.name != name)
    known = root.virtual | {name}
    return replace(root, installed=(*others, record), virtual=known), (Dependency(name, "=", version),)


def _upgraded(root: Root, command: PackageCommand, indexes: _Indexes) -> Outcome:
    options = options_of(command)
    marks = Marks(upgrade=True, latest="latest" in options, available="available" in options)
    world = tuple(_by_name(one) for one in root.world) if marks.available else root.world
    universe = Universe(indexes, _packages(root))
    if not command.words:
        return _outcome(root, replace(root, world=world), Solver(universe, marks).solve(world), {})
    solver = Solver(universe, replace(marks, upgrade=False))
    names = _matching(command.words, _names(root))
    for name in names:
        solver.mark(name, Marks(upgrade=True))
    return _outcome(root, replace(root, world=world), solver.solve(world), {name: name for name in names})


def _by_name(one: Dependency) -> Dependency:
    return Dependency(one.name, tag=one.tag) if one.how == "><" else one


def _removed(root: Root, command: PackageCommand, indexes: _Indexes) -> Outcome:
    names = _matching(command.words, _names(root))
    if "rdepends" in options_of(command):
        names = _with_users(names, root.installed)
    world = tuple(one for one in root.world if one.name not in names)
    changed = replace(root, world=world, virtual=root.virtual - set(names))
    solver = Solver(Universe(indexes, _packages(root)))
    for name in names:
        solver.mark(name, Marks(removed=True))
    return _outcome(root, changed, solver.solve(world), {})


def _with_users(names: Iterable[str], installed: tuple[Record, ...]) -> dict[str, None]:
    """The names, those that their packages provide, and the packages that depend on any of them."""
    packages = [Package(record, installed=True) for record in installed]
    found, before = dict.fromkeys(names), -1
    while before != len(found):
        before = len(found)
        for one in packages:
            if one.name in found or any(need.name in found and not need.conflict for need in one.depends):
                found |= dict.fromkeys([one.name, *(provided.name for provided in one.provides)])
    return found


def _names(root: Root) -> list[str]:
    return [*(one.name for one in root.installed), *(one.name for one in root.world)]


def _matching(words: Iterable[str], names: Iterable[str]) -> dict[str, None]:
    """The names that words are, or match as the patterns of a shell do."""
    known = dict.fromkeys(names)
    found: dict[str, None] = {}
    for word in words:
        matches = _pattern(word) if _WILD.search(word) else None
        found |= {name: None for name in known if matches(name)} if matches else {word: None}
    return found


def _pattern(word: str) -> Callable[[str], object]:
    parts = re.split(r"(\*+|\?|\[[^]]+\])", word)
    joined = "".join(_piece(part) for part in parts)
    return re.compile(joined).fullmatch


def _piece(part: str) -> str:
    if part.startswith("*"):
        return ".*"
    if part == "?":
        return "."
    is_set = len(part) > 2 and part.startswith("[") and part.endswith("]")
    return f"[{re.escape(part[1:-1])}]" if is_set else re.escape(part)


def _with(world: tuple[Dependency, ...], wanted: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
    """A constraint replaces that of the same name."""
    return tuple(({one.name: one for one in world} | {one.name: one for one in wanted}).values())


def _packages(root: Root) -> list[Package]:
    return [
        Package(one, installed=one.name not in root.virtual, virtual=one.name in root.virtual)
        for one in root.installed
    ]


def _outcome(before: Root, after: Root, found: Solution, named: dict[str, str]) -> Outcome:
    if found.problems:
        return Outcome(before, problems=found.problems)
    versions = {one.name: one.version for one in before.installed}
    known = set(before.installed)
    new = tuple(
        Installed(package.record, by, _word(package, named), versions.get(package.name, ""))
        for package, by in found.packages
        if package.record not in known and not package.virtual
    )
    return Outcome(replace(after, installed=tuple(package.record for package, _ in found.packages)), new)


def _word(package: Package, words: dict[str, str]) -> str:
    names = (package.name, *(one.name for one in package.provides))
    return next((words[name] for name in names if name in words), "")


_ACTIONS: dict[PackageAction, Callable[[Root, PackageCommand, _Indexes], Outcome]] = {
    PackageAction.INSTALL: _added,
    PackageAction.UPGRADE: _upgraded,
    PackageAction.DIST_UPGRADE: _upgraded,
    PackageAction.REMOVE: _removed,
}
