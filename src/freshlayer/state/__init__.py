"""What is remembered between builds: observations, what was last built, taints; and the identities file."""

from freshlayer.state.identities import Entry, read_identities, write_identities
from freshlayer.state.store import BuiltRecord, HistoryRecord, Scope, Store

__all__ = ["BuiltRecord", "Entry", "HistoryRecord", "Scope", "Store", "read_identities", "write_identities"]
