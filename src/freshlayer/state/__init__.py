"""What is remembered between builds: observations, what was last built, taints."""

from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope
from freshlayer.state.sqlite import Store

__all__ = [
    "BuiltRecord",
    "Elsewhere",
    "Given",
    "HistoryRecord",
    "Records",
    "Scope",
    "Store",
]
