"""What is remembered between builds: observations, what was last built, taints, and the history."""

from freshlayer.state.base import BuildRecord, StateStore
from freshlayer.state.events import Keep
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope
from freshlayer.state.scripts import KeptScript
from freshlayer.state.sqlite import SqliteStore

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
]
