"""What is remembered between builds: observations, what was last built, taints; and the identities file."""

from freshlayer.state.identities import Entry, is_gone, read_identities, user_name, write_identities
from freshlayer.state.records import BuiltRecord, Elsewhere, Given, HistoryRecord, Records, Scope
from freshlayer.state.store import Store

__all__ = [
    "BuiltRecord",
    "Elsewhere",
    "Entry",
    "Given",
    "HistoryRecord",
    "Records",
    "Scope",
    "Store",
    "is_gone",
    "read_identities",
    "user_name",
    "write_identities",
]
