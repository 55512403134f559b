"""Where npm places packages below node_modules, which decides how many versions of each are installed.

The rules are those of npm's own resolver (@npmcli/arborist): breadth first, in the order of names, each
package as near to the root as it fits. What it does with peer dependencies that contradict each other is not
among them: that ends the resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from freshlayer.packages.npm.choose import compared, is_range, satisfies
from freshlayer.packages.npm.manifests import Edge

_MOST_NODES = 6000


class Package(Struct, frozen=True):
    """A version of a package. ``runs``: whether it is for the platform of the stage."""

    name: str
    version: str
    digest: str = ""
    edges: tuple[Edge, ...] = ()
    runs: bool = True


Pick = Callable[[Edge], Package | None]
"""The version that npm takes for an edge alone; None where there is none."""


class TooLargeError(Exception):
    """A tree of more packages than are placed."""


class PeerConflictError(Exception):
    """Peer dependencies that do not fit together. ``args``: the package that has them."""


class Node:
    """A package in its directory; ``children``: those below it. The root has no package."""

    def __init__(self, name: str, package: Package, parent: Node | None) -> None:
        self.name = name
        self.package = package
        self.parent = parent
        self.children: dict[str, Node] = {}
        self.edges = {edge.name: edge for edge in package.edges}

    def find(self, name: str) -> Node | None:
        """What a require of this name loads here."""
        place: Node | None = self
        while place is not None:
            if name in place.children:
                return place.children[name]
            place = place.parent
        return None

    def target(self, edge: Edge) -> Node | None:
        """What an edge of this package resolves to."""
        start = self.parent if edge.peer and self.parent is not None else self
        return start.find(edge.name)

    def below(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [it for it in node.children.values() if it.parent is node]

    @property
    def path(self) -> tuple[int, tuple[str, ...]]:
        """Depth, and the names from the root: the order in which nodes are looked at."""
        names: list[str] = []
        place: Node = self
        while place.parent is not None:
            names.append(place.name)
            place = place.parent
        return len(names), tuple(sort_key(name) for name in reversed(names))


def sort_key(name: str) -> str:
    """As names are ordered in English: marks count less than letters."""
    return "".join(it for it in name.lower() if it.isalnum()) + "\x00" + name.lower()


def fits(package: Package, edge: Edge) -> bool:
    """Whether a version is one that an edge accepts."""
    if package.name != edge.package:
        return False
    return edge.wanted in {"", "*"} or not is_range(edge.wanted) or satisfies(package.version, edge.wanted)


class Tree:
    """``shallow``: nothing is placed beside the packages that the root names, as for ``npm install -g``."""

    def __init__(self, edges: tuple[Edge, ...], pick: Pick, *, shallow: bool = False) -> None:
        self.root = Node("", Package("", "", edges=edges), None)
        self._pick = pick
        self._shallow = shallow
        self._count = 0
        self._waiting: list[Node] = [self.root]
        self._seen: set[int] = set()

    def build(self) -> None:
        """Place all that is required. Raises TooLargeError, PeerConflictError."""
        while self._waiting:
            self._waiting.sort(key=lambda it: it.path)
            node = self._waiting.pop(0)
            if id(node) not in self._seen and self._is_in(node):
                self._seen.add(id(node))
                self._complete(node)

    def _is_in(self, node: Node) -> bool:
        while node.parent is not None:
            if node.parent.children.get(node.name) is not node:
                return False
            node = node.parent
        return node is self.root

    def _complete(self, node: Node) -> None:
        tasks = [(edge, self._pick(edge)) for edge in node.edges.values() if self._is_problem(node, edge)]
        for edge, package in sorted(tasks, key=lambda task: sort_key(task[0].name)):
            if package is not None:
                self._place(node, edge, package)

    def _is_problem(self, node: Node, edge: Edge) -> bool:
        found = node.target(edge)
        if found is None:
            return not (edge.peer and edge.optional)
        return not fits(found.package, edge)

    def _place(self, node: Node, edge: Edge, package: Package) -> None:
        place: Node | None = node.parent if edge.peer and node.parent is not None else node
        first, chosen, kept = place, None, False
        while place is not None:
            own = place.edges.get(edge.name)
            if not (own is not None and own.peer and place.parent is not None):
                outcome = self._outcome(place, edge, package, first is place and not edge.peer)
                if outcome is None:
                    break
                chosen, kept = place, outcome
            if self._shallow and place.parent is self.root:
                break
            place = place.parent
        if chosen is None:
            raise PeerConflictError(f"{package.name}@{package.version}")
        if not kept:
            self._put(chosen, edge, package)

    def _outcome(self, place: Node, edge: Edge, package: Package, own: bool) -> bool | None:  # noqa: FBT001 - private
        """None: it can't be placed there; True: what is there is kept; False: it can."""
        current, wanted = place.children.get(edge.name), place.edges.get(edge.name)
        if current is not None:
            return self._over(place, current, edge, package, own=own)
        if wanted is not None and wanted != edge and not fits(package, wanted):
            return None
        if self._hides(place, edge.name, package) or not self._peers_fit(place, package):
            return None
        return False

    def _over(self, place: Node, current: Node, edge: Edge, package: Package, *, own: bool) -> bool | None:
        same = (current.package.name, current.package.version) == (package.name, package.version)
        if same and fits(current.package, edge):
            return True
        newer = compared(package.version, current.package.version) >= 0
        replaces = newer or (edge.peer and not fits(current.package, edge))
        if replaces and self._can_replace(current, package) and self._peers_fit(place, package):
            return False
        if fits(current.package, edge):
            return True
        return False if own and self._peers_fit(place, package) else None

    def _users(self, node: Node) -> Iterator[tuple[Node, Edge]]:
        """The edges that resolve to a node."""
        above = node.parent or node
        for other in above.below():
            edge = other.edges.get(node.name)
            if edge is not None and other.target(edge) is node:
                yield other, edge

    def _can_replace(self, current: Node, package: Package) -> bool:
        return all(fits(package, edge) for _, edge in self._users(current))

    def _hides(self, place: Node, name: str, package: Package) -> bool:
        """Whether something below would no longer find what it needs further up."""
        above = place.find(name)
        if above is None:
            return False
        for node in place.below():
            edge = node.edges.get(name)
            if edge and node.target(edge) is above and fits(above.package, edge) and not fits(package, edge):
                return True
        return False

    def _peers_fit(self, place: Node, package: Package) -> bool:
        """Whether its peers are there, or can be placed there too."""
        for edge in package.edges:
            if not edge.peer:
                continue
            there = place.children.get(edge.name)
            if there is not None and not fits(there.package, edge):
                return False
            wanted = place.edges.get(edge.name)
            if (
                there is None
                and wanted is not None
                and not edge.optional
                and self._peer(edge, wanted) is None
            ):
                return False
        return True

    def _peer(self, edge: Edge, wanted: Edge | None) -> Package | None:
        """A version for a peer, one that what is there requires, where it does."""
        if wanted is None:
            return self._pick(edge)
        for one, other in ((wanted, edge), (edge, wanted)):
            package = self._pick(one)
            if package is not None and fits(package, other):
                return package
        return None

    def _put(self, place: Node, edge: Edge, package: Package) -> None:
        above: Node | None = place
        while above is not None and above.parent is not None:
            if (above.package.name, above.package.version) == (package.name, package.version):
                place.children[edge.name] = above
                return
            above = above.parent
        old = place.children.get(edge.name)
        users = list(self._users(old)) if old is not None else []
        node = Node(edge.name, package, place)
        if old is not None:
            node.children = {name: it for name, it in old.children.items() if name in node.edges}
            for child in node.children.values():
                child.parent = node
        place.children[edge.name] = node
        self._count += 1
        if self._count > _MOST_NODES:
            raise TooLargeError
        for other, used in users:
            if not fits(package, used):
                self._again(other)
        for other in place.below():
            used_here = other.edges.get(edge.name)
            if used_here and id(other) in self._seen and self._is_problem(other, used_here):
                self._again(other)
        self._dedupe(place, node)
        self._waiting.append(node)
        self._place_peers(place, node)

    def _again(self, node: Node) -> None:
        self._seen.discard(id(node))
        self._waiting.append(node)

    def _place_peers(self, place: Node, node: Node) -> None:
        for edge in sorted(node.edges.values(), key=lambda it: sort_key(it.name)):
            if edge.peer and self._is_problem(node, edge):
                package = self._peer(edge, place.edges.get(edge.name))
                if package is not None:
                    self._place(node, edge, package)

    def _dedupe(self, place: Node, node: Node) -> None:
        """Remove deeper copies that the new one can stand for."""
        for other in [it for it in place.below() if it.name == node.name and it is not node]:
            parent = other.parent
            if parent is None or parent is place or parent.children.get(other.name) is not other:
                continue
            found = parent.parent.find(other.name) if parent.parent else None
            if found is None:
                continue
            same = found.package == other.package
            newer = compared(found.package.version, other.package.version) >= 0
            if same or (newer and self._can_replace(other, found.package)):
                del parent.children[other.name]

    def installed(self, *, everywhere: bool = False) -> dict[Package, str]:
        """Package → what requires it. Without ``everywhere``, those of the platform alone."""
        found: dict[Package, str] = {}
        waiting, seen = [self.root], {id(self.root)}
        while waiting:
            node = waiting.pop(0)
            for edge in node.edges.values():
                target = node.target(edge)
                if target is None or id(target) in seen or not fits(target.package, edge):
                    continue
                if edge.optional and not target.package.runs and not everywhere:
                    continue
                seen.add(id(target))
                found.setdefault(target.package, node.package.name)
                waiting.append(target)
        return found
