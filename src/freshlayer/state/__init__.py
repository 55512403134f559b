"""What is remembered between builds: observations, what was last built, taints, and the history."""

from typing import TYPE_CHECKING

from freshlayer.state.events import Keep
from freshlayer.state.places import SqliteStore, store_at
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope

if TYPE_CHECKING:
    from freshlayer.state.base import BuildRecord, StateStore
    from freshlayer.state.scripts import KeptScript
else:

    def __getattr__(name: str) -> object:
        """Of one of the modules that few runs need, which is loaded then."""
        if name not in __all__:
            raise AttributeError(name)
        from freshlayer.state import base, scripts  # noqa: PLC0415

        return getattr(base if hasattr(base, name) else scripts, name)


__all__ = [
    "BuildRecord",
    "BuiltRecord",
    "Elsewhere",
    "Given",
    "HistoryRecord",
    "Keep",
    "KeptScript",
    "Records",
    "Scope",
    "SqliteStore",
    "StateStore",
    "store_at",
]
