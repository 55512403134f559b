"""What is remembered between builds: observations, what was last built, taints, and the history."""

from freshlayer.state.base import BuildRecord, StateStore
from freshlayer.state.events import Keep
from freshlayer.state.places import SqliteStore, store_at
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope
from freshlayer.state.scripts import KeptScript

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
