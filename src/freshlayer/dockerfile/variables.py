"""A map of names that never changes: one with a name more shares the rest with it.

An instruction sees what all before it have set. With a map of its own for each, n instructions take n² of
time and of memory; here each takes a path through a tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

Value = TypeVar("Value")

_BITS = 3
_MASK = 2**_BITS - 1
_NO_BRANCH: tuple[Any, ...] = (None,) * 2**_BITS


class Names(Struct, Generic[Value], frozen=True):
    """``places``: name → its place in the tree, shared by all that come from one map."""

    places: dict[str, int] = field(default_factory=dict)
    tree: tuple[Any, ...] = _NO_BRANCH
    depth: int = 1

    def get(self, name: str) -> Value | None:
        """The value; None where the name has none."""
        place = self.places.get(name)
        if place is None or place >> (_BITS * self.depth):
            return None
        node: Any = self.tree
        for shift in range(_BITS * (self.depth - 1), -1, -_BITS):
            if node is None:
                return None
            node = node[place >> shift & _MASK]
        found: Value | None = node
        return found

    def put(self, name: str, value: Value) -> Names[Value]:
        """The same with a name more, or with another value for it."""
        place = self.places.setdefault(name, len(self.places))
        tree, depth = self.tree, self.depth
        while place >> (_BITS * depth):
            tree, depth = (tree, *_NO_BRANCH[1:]), depth + 1
        return Names(self.places, _put(tree, place, _BITS * (depth - 1), value), depth)

    def put_all(self, more: Mapping[str, Value]) -> Names[Value]:
        """The same with more names."""
        if not more:
            return self
        if not self.places and len(more) <= len(_NO_BRANCH):
            # The first ones fill one node.
            self.places.update({name: place for place, name in enumerate(more)})
            return Names(self.places, (*more.values(), *_NO_BRANCH[len(more) :]))
        names = self
        for name, value in more.items():
            names = names.put(name, value)
        return names


def _put(node: tuple[Any, ...] | None, place: int, shift: int, value: object) -> tuple[Any, ...]:
    branch = place >> shift & _MASK
    node = node or _NO_BRANCH
    put = _put(node[branch], place, shift - _BITS, value) if shift else value
    return (*node[:branch], put, *node[branch + 1 :])
