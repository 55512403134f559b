"""What a command sets for packages. Pure."""

from __future__ import annotations

from msgspec import Struct


class Marks(Struct, frozen=True):
    """``upgrade``: newer ones even if one is installed; ``latest``: the newest, whatever follows.

    ``available``: what a repository has, rather than what is only installed.
    ``removed``: rather not this one.
    """

    upgrade: bool = False
    latest: bool = False
    available: bool = False
    removed: bool = False

    def __or__(self, other: Marks) -> Marks:
        if other in {NONE, self}:
            return self
        return Marks(
            self.upgrade or other.upgrade,
            self.latest or other.latest,
            self.available or other.available,
            self.removed or other.removed,
        )


NONE = Marks()
