"""The schema of the state file as numbered steps, and how an older file gets those that it lacks.

A new file gets every step. A step that was released is never edited: a change is a new step at the end.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from freshlayer.state.libsqlite import sqlite3

_OBSERVATION = """
CREATE TABLE IF NOT EXISTS observation (
  reference TEXT PRIMARY KEY, identity TEXT NOT NULL, strength TEXT NOT NULL,
  evidence TEXT NOT NULL, entity_tag TEXT NOT NULL, last_modified TEXT NOT NULL, asked INTEGER NOT NULL
) WITHOUT ROWID
"""
_BUILT = """
CREATE TABLE IF NOT EXISTS built (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL, pairs TEXT NOT NULL, key TEXT NOT NULL,
  UNIQUE (dockerfile, stage, instruction, platform, builder) ON CONFLICT REPLACE
)
"""
_TAINT = """
CREATE TABLE IF NOT EXISTS taint (
  reference TEXT NOT NULL, identity TEXT NOT NULL, times INTEGER NOT NULL,
  PRIMARY KEY (reference, identity)
) WITHOUT ROWID
"""
_HISTORY = """
CREATE TABLE IF NOT EXISTS history (
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL,
  chain TEXT NOT NULL, keys TEXT NOT NULL, seconds REAL, at INTEGER NOT NULL,
  PRIMARY KEY (dockerfile, stage, instruction, platform, builder)
) WITHOUT ROWID
"""
_BUILT_BY_CHAIN = """
CREATE TABLE built_by_chain (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL, chain TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL, engine TEXT NOT NULL,
  pairs TEXT NOT NULL, key TEXT NOT NULL,
  UNIQUE (dockerfile, stage, instruction, chain, platform, builder, engine) ON CONFLICT REPLACE
)
"""
_HISTORY_BY_CHAIN = """
CREATE TABLE history_by_chain (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  dockerfile TEXT NOT NULL, stage TEXT NOT NULL, instruction TEXT NOT NULL, chain TEXT NOT NULL,
  platform TEXT NOT NULL, builder TEXT NOT NULL, engine TEXT NOT NULL,
  keys TEXT NOT NULL, seconds REAL, at INTEGER NOT NULL,
  UNIQUE (dockerfile, stage, instruction, chain, platform, builder, engine) ON CONFLICT REPLACE
)
"""
_BUILT_CARRIED_OVER = """
INSERT INTO built_by_chain
SELECT number, dockerfile, stage, instruction, '', platform, builder, '', pairs, key FROM built
ORDER BY number
"""
_HISTORY_CARRIED_OVER = """
INSERT INTO history_by_chain
  (dockerfile, stage, instruction, chain, platform, builder, engine, keys, seconds, at)
SELECT dockerfile, stage, instruction, '', platform, builder, '', keys, seconds, at FROM history
ORDER BY at
"""
_GIVEN = """
CREATE TABLE given (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL, engine TEXT NOT NULL, dockerfile TEXT NOT NULL, builder TEXT NOT NULL,
  UNIQUE (key, engine, dockerfile, builder) ON CONFLICT REPLACE
)
"""
_TAG = """
CREATE TABLE tag (
  engine TEXT NOT NULL, name TEXT NOT NULL, image TEXT NOT NULL, dockerfile TEXT NOT NULL,
  PRIMARY KEY (engine, name)
) WITHOUT ROWID
"""
_NETWORK = """
CREATE TABLE network (dockerfile TEXT PRIMARY KEY, mode TEXT NOT NULL) WITHOUT ROWID
"""
_OBSERVATION_EVENT = """
CREATE TABLE observation_event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  reference TEXT NOT NULL, at INTEGER NOT NULL, identity TEXT NOT NULL, strength TEXT NOT NULL,
  evidence TEXT NOT NULL, verdict TEXT NOT NULL, bytes INTEGER NOT NULL
)
"""
_BUILD_EVENT = """
CREATE TABLE build_event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  dockerfile TEXT NOT NULL, platform TEXT NOT NULL, builder TEXT NOT NULL, engine TEXT NOT NULL,
  at INTEGER NOT NULL, result TEXT NOT NULL, instructions TEXT NOT NULL, bytes INTEGER NOT NULL
)
"""
_TAKEN_UP = """
CREATE TABLE taken_up (
  reference TEXT NOT NULL, identity TEXT NOT NULL, build INTEGER NOT NULL,
  PRIMARY KEY (reference, identity, build)
) WITHOUT ROWID
"""
_NOT_WATCHED = """
CREATE TABLE not_watched (
  dockerfile TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (dockerfile, digest)
) WITHOUT ROWID
"""
_SCRIPT = """
CREATE TABLE script (
  reference TEXT PRIMARY KEY, identity TEXT NOT NULL, digest TEXT NOT NULL, script BLOB NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID
"""
_STANDING = """
CREATE TABLE standing (dockerfile TEXT PRIMARY KEY, standing TEXT NOT NULL) WITHOUT ROWID
"""
_OUTBOX = """
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE, trigger TEXT NOT NULL, dockerfile TEXT NOT NULL, body TEXT NOT NULL,
  at INTEGER NOT NULL, times INTEGER NOT NULL, due INTEGER NOT NULL, delivered INTEGER NOT NULL
)
"""

# Of the images that are watched, the most within a slot of six hours; ``slot``: seconds since 1970 // 21600.
_WATCH_COUNT = """
CREATE TABLE watch_count (
  slot INTEGER NOT NULL, stale INTEGER NOT NULL, unknown INTEGER NOT NULL, never INTEGER NOT NULL
)
"""

STEPS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, (_OBSERVATION, _BUILT, _TAINT)),
    (2, (_HISTORY,)),
    (
        3,
        (
            # When the origin last answered in full, in seconds since 1970; 0 where that is not known.
            "ALTER TABLE observation ADD COLUMN full_answer INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE observation ADD COLUMN content_type TEXT NOT NULL DEFAULT ''",
            # Version 2 kept entity tags that did not belong to the evidence beside them.
            "UPDATE observation SET entity_tag = ''",
        ),
    ),
    (
        4,
        (
            # Chains were computed in another way, and engines were not recorded: both are unknown now.
            _BUILT_BY_CHAIN,
            _BUILT_CARRIED_OVER,
            "DROP TABLE built",
            "ALTER TABLE built_by_chain RENAME TO built",
            "CREATE INDEX built_instruction ON built (instruction)",
            _HISTORY_BY_CHAIN,
            _HISTORY_CARRIED_OVER,
            "DROP TABLE history",
            "ALTER TABLE history_by_chain RENAME TO history",
            "CREATE INDEX history_chain ON history (chain)",
            _GIVEN,
            _TAG,
            "CREATE INDEX tag_dockerfile ON tag (dockerfile)",
        ),
    ),
    (5, (_NETWORK,)),
    (
        6,
        (
            _OBSERVATION_EVENT,
            "CREATE INDEX observation_event_reference ON observation_event (reference)",
            "CREATE INDEX observation_event_at ON observation_event (at)",
            _BUILD_EVENT,
            "CREATE INDEX build_event_dockerfile ON build_event (dockerfile)",
            "CREATE INDEX build_event_at ON build_event (at)",
            _TAKEN_UP,
            "CREATE INDEX taken_up_build ON taken_up (build)",
            "CREATE TABLE history_size (bytes INTEGER NOT NULL)",
            "INSERT INTO history_size VALUES (0)",
        ),
    ),
    (7, (_NOT_WATCHED,)),
    (8, (_SCRIPT,)),
    (9, (_STANDING, _OUTBOX, "CREATE INDEX outbox_due ON outbox (delivered, due)")),
    (10, ("ALTER TABLE outbox ADD COLUMN claimed_until INTEGER NOT NULL DEFAULT 0",)),
    # Observations have a shorter form from now on (``observations``), which version 10 does not read.
    (11, ("UPDATE observation SET entity_tag = '=' || entity_tag WHERE substr(entity_tag, 1, 1) = '='",)),
    (12, (_WATCH_COUNT,)),
)
"""Version → the statements that lead to it from the version before."""

VERSION = STEPS[-1][0]
TABLES = (
    "observation",
    "built",
    "history",
    "taint",
    "given",
    "tag",
    "network",
    "observation_event",
    "build_event",
    "taken_up",
    "history_size",
    "not_watched",
    "script",
    "standing",
    "outbox",
    "watch_count",
)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the open file to VERSION: every missing step, or none of them.

    A file that holds something is copied first, to ``PATH.version-N``. Several processes may do this at the
    same time; one of them does it. Raises sqlite3.Error and OSError.
    """
    # Write-ahead logging lets readers and one writer work at the same time (sqlite.org/wal.html).
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if 0 < version < VERSION:
            _copy(path, version)
        for number, statements in STEPS:
            if number > version:
                for statement in statements:
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(version, VERSION)}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _copy(path: Path, version: int) -> None:
    """Through SQLite, so that what is only in the write-ahead log is in the copy too."""
    import tempfile  # noqa: PLC0415 - few stores are older, and it loads compression

    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(name)) as target,
        ):
            source.backup(target)
        os.chmod(name, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(name, path.with_name(f"{path.name}.version-{version}"))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
