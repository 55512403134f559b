"""SQLite, by ``sqlite3`` without what it loads for dates: its converters, which no connection here uses."""

from freshlayer.lean_libraries import load_lean

load_lean("sqlite3")

import sqlite3  # noqa: E402 - after the line above

__all__ = ["sqlite3"]
