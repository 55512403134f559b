"""All that npm would install for a command: what its packages require, placed as npm does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from freshlayer.model.packages import ChosenPackage, Index, IndexAnswer, IndexFile, Resolution
from freshlayer.model.reasons import Reason
from freshlayer.packages.in_step import Steps
from freshlayer.packages.npm.choose import choose
from freshlayer.packages.npm.documents import MANIFEST, TAGS, VERSIONS, releases_of, tags_of
from freshlayer.packages.npm.manifests import Edge, Manifest, edges_of, runs_on
from freshlayer.packages.npm.tree import Package, PeerConflictError, TooLargeError, Tree

_MOST_ROUNDS = 48
_MOST_PACKAGES = 4000
_UNKNOWN = "closure-unknown"
_ABSENT = frozenset({"http-not-found", "http-gone"})


class Conditions(Struct, frozen=True):
    """``document``: name → the list of its versions. ``node``: the interpreter, empty if not known.

    ``cpu``, ``libc``: of the stage. ``shallow``: as for ``npm install -g``. ``peers``: whether peer
    dependencies are installed. ``overrides``: name → what is installed for it, whatever requires it.
    """

    document: Callable[[str], IndexFile]
    node: str
    cpu: str
    libc: str
    shallow: bool = False
    peers: bool = True
    overrides: Mapping[str, Edge] = {}


class _MissingError(Exception):
    """A list of versions that is not known yet."""


class _Known:
    """The lists of versions that are known. ``missing`` grows with those that are needed."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.answers: dict[IndexFile, IndexAnswer] = {}
        self.missing: dict[IndexFile, None] = {}
        self.problems: list[Reason] = []
        self._picked: dict[tuple[str, str], Package | None] = {}

    def pick(self, edge: Edge) -> Package | None:
        """The version that is taken for an edge. Raises _MissingError."""
        key = edge.package, edge.wanted
        if key not in self._picked:
            file = self.conditions.document(edge.package)
            if file not in self.answers:
                self.missing[file] = None
                raise _MissingError
            answer = self.answers[file]
            if isinstance(answer, Reason):
                if not (edge.optional and answer.code in _ABSENT):
                    self.problems.append(answer)
                return None
            self._picked[key] = self._chosen(edge, answer)
        found = self._picked[key]
        if found is None and not edge.optional:
            detail = f"no version of {edge.package} fits {edge.wanted}"
            self.problems.append(Reason("package-not-found", detail=detail))
        return found

    def _chosen(self, edge: Edge, answer: Index) -> Package | None:
        releases, tags = releases_of(answer.get(VERSIONS)), tags_of(answer.get(TAGS))
        best = choose(edge.wanted, tags, releases, self.conditions.node)
        if best is None:
            return None
        value = answer.get(f"{MANIFEST}{best.version}")
        manifest = msgspec.msgpack.decode(value, type=Manifest) if value else Manifest()
        runs = runs_on(manifest, self.conditions.cpu, self.conditions.libc)
        edges = edges_of(manifest)
        kept = edges if self.conditions.peers else tuple(it for it in edges if not it.peer)
        return Package(edge.package, best.version, best.digest, tuple(map(self._overridden, kept)), runs)

    def _overridden(self, edge: Edge) -> Edge:
        by = self.conditions.overrides.get(edge.name)
        return replace(edge, package=by.package, wanted=by.wanted) if by else edge


def closure(edges: tuple[Edge, ...], conditions: Conditions, words: dict[str, str]) -> Steps[Resolution]:
    """All packages. ``words``: name of a package → the word of the command that names it.

    With the problem ``closure-unknown``, the named packages can be known all the same.
    """
    known = _Known(conditions)
    for _ in range(_MOST_ROUNDS):
        known.missing.clear()
        found = _placed(edges, known, words)
        if not known.missing:
            return found
        if len(known.answers) + len(known.missing) > _MOST_PACKAGES:
            return _unknown(f"it has more than {_MOST_PACKAGES} packages")
        files = tuple(known.missing)
        known.answers.update((yield files))
    return _unknown(f"it needs more than {_MOST_ROUNDS} rounds of requests")


def _unknown(detail: str) -> Resolution:
    return Resolution(problem=Reason(_UNKNOWN, detail=detail))


def _placed(edges: tuple[Edge, ...], known: _Known, words: dict[str, str]) -> Resolution:
    known.problems.clear()
    _walk(edges, known)
    if known.missing:
        return Resolution()
    tree = Tree(edges, known.pick, shallow=known.conditions.shallow)
    try:
        tree.build()
    except _MissingError:
        return Resolution()
    except TooLargeError:
        return _unknown("its tree of packages is too large")
    except PeerConflictError as error:
        return _unknown(f"the peer dependencies of {error} do not fit the others")
    others = [it for it in known.problems if it.code not in {*_ABSENT, "package-not-found"}]
    if others:
        return Resolution(problem=others[0], unreachable=True)
    if known.problems:
        return _unknown(known.problems[0].what)
    return Resolution(tuple(_chosen(tree.installed(), words)))


def _walk(edges: Iterable[Edge], known: _Known) -> None:
    """Note which lists are missing, wherever each package would be placed."""
    waiting, seen = list(edges), set[tuple[str, str]]()
    while waiting:
        edge = waiting.pop()
        if (edge.package, edge.wanted) in seen or (edge.peer and edge.optional):
            continue
        seen.add((edge.package, edge.wanted))
        try:
            package = known.pick(edge)
        except _MissingError:
            continue
        waiting += package.edges if package else ()


def _chosen(installed: dict[Package, str], words: dict[str, str]) -> Iterable[ChosenPackage]:
    """By name; of several versions of a package, one entry has all."""
    by_name: dict[str, list[Package]] = {}
    for package in installed:
        by_name.setdefault(package.name, []).append(package)
    for name in sorted(by_name):
        every = sorted({(it.version, it.digest) for it in by_name[name]})
        digest = every[0][1]
        if len(every) > 1:
            digest = f"sha256:{sha256(repr(every).encode()).hexdigest()}"
        versions = ", ".join(version for version, _ in every)
        by = words.get(name) or installed[by_name[name][0]]
        purl = f"pkg:npm/{name.replace('@', '%40')}"
        yield ChosenPackage(purl, name, versions, digest, by, named=name in words)
